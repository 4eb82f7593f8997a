"""Tables 2 and 3 of the AMCF paper (Pan et al. 2020), as Markdown, ours beside the paper's.

``python -m tests.benchmarks recommend-tables`` takes long; ``python -m
tests.benchmarks.recommend_tables ml-100k`` makes those of one data set. AMCF leaves the ratings of
its base as they are, so that the paper's two columns of a base are one of ours.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.material import data
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.recommend_fit import RecommendFitConfig
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.recommenders.fit import recommend_fit

FACTORS = (20, 80, 120)
# With these, score_s reaches the paper's.
PUBLISHED: dict[str, Any] = {"attention": "softmax", "base_option": ("regularisation=1.1",)}
EXPLAINED = ("t1@3", "b1@3", "t3@5", "b3@5", "score_s")

# Dataset and base to RMSE with 20, 80 and 120 factors: of the base, of AMCF over it.
TABLE_2 = {
    ("ml-100k", "svd"): ((0.908, 0.908, 0.907), (0.907, 0.909, 0.907)),
    ("ml-100k", "ncf"): ((0.939, 0.939, 0.936), (0.937, 0.939, 0.934)),
    ("ml-100k", "fm"): ((0.937, 0.933, 0.929), (0.940, 0.936, 0.931)),
    ("ml-1m", "svd"): ((0.861, 0.860, 0.853), (0.860, 0.858, 0.851)),
    ("ml-1m", "ncf"): ((0.900, 0.895, 0.892), (0.902, 0.889, 0.889)),
    ("ml-1m", "fm"): ((0.915, 0.914, 0.913), (0.915, 0.914, 0.915)),
}
LINEAR = {"ml-100k": 1.018, "ml-1m": 1.032}
# Dataset and base to `EXPLAINED`; AMCF over svd with 120 factors.
TABLE_3 = {
    ("ml-100k", "svd"): (0.500, 0.481, 0.538, 0.553, 0.378),
    ("ml-100k", "linear"): (0.628, 0.668, 0.637, 0.675, 0.371),
    ("ml-1m", "svd"): (0.461, 0.403, 0.513, 0.489, 0.353),
    ("ml-1m", "linear"): (0.572, 0.565, 0.598, 0.620, 0.322),
}


class Line(NamedTuple):
    """One line of a table.

    Attributes:
        table: 2 or 3.
        name: What is measured.
        values: Ours, with the standard deviation over the five folds; None where there is none.
        paper: The paper's, or nothing.
    """

    table: int
    name: str
    values: tuple[tuple[float, float | None], ...]
    paper: tuple[float, ...]


def report(as_json: bool) -> None:
    """The tables on both data sets."""
    for dataset in LINEAR:
        _report(dataset, as_json)


def _report(dataset: str, as_json: bool) -> None:
    table = 0
    for line in _lines(dataset):
        if as_json:
            print(json.dumps({"dataset": dataset, **line._asdict()}), flush=True)
            continue
        if line.table != table:
            table = line.table
            print(_header(dataset, table))
        ours = (_cell(*value) for value in line.values)
        paper = ", ".join(f"{value:.3f}" for value in line.paper)
        print(f"| {line.name} | {' | '.join(ours)} | {paper} |", flush=True)


def _lines(dataset: str) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        for base in ("svd", "ncf", "fm"):
            plain, amcf = TABLE_2[dataset, base]
            for factors, *paper in zip(FACTORS, plain, amcf, strict=True):
                run = _fitted(runs, dataset, base, factors)
                yield Line(2, f"{base}, {factors}", _measured(run, ("rmse",)), tuple(paper))
        more = _fitted(runs, dataset, "svd++", 120)
        yield Line(2, "svd++, 120", _measured(more, ("rmse",)), ())
        linear = _fitted(runs, dataset, "linear", None)
        yield Line(2, "linear", _measured(linear, ("rmse",)), (LINEAR[dataset],))
        published = _fitted(runs, dataset, "svd", 120, **PUBLISHED)
        yield Line(2, "svd, 120, published attention", _measured(published, ("rmse",)), ())
        for name, base, run in (
            ("svd", "svd", runs / "svd-120"),
            ("svd, published attention", "svd", published),
            ("linear", "linear", linear),
        ):
            for truth in ("training", "all"):
                values = _measured(run, EXPLAINED, truth)
                yield Line(3, f"{name}, truth of {truth} ratings", values, TABLE_3[dataset, base])
        for control in ("random", "popularity"):
            wanted = tuple(f"{metric}-{control}" for metric in EXPLAINED)
            yield Line(3, control, _measured(runs / "svd-120", wanted), ())


def _fitted(runs: Path, dataset: str, base: str, factors: int | None, **options: Any) -> Path:
    run = runs / "-".join((base, str(factors), *options))
    recommend_fit(
        RecommendFitConfig(
            dataset=dataset, base=base, factors=factors, data_dir=data(), out=run, **options
        )
    )
    return run


def _measured(
    run: Path, wanted: tuple[str, ...], truth: str = "training"
) -> tuple[tuple[float, float | None], ...]:
    metrics = tuple(dict.fromkeys(name.rpartition("-")[0] or name for name in wanted))
    config = EvaluateConfig(artifacts=(run,), metric=metrics, folds=5, truth=truth, data_dir=data())
    rows: Any = evaluate(config)
    found = {row["metric"]: (row["value"], row["std"]) for row in rows}
    return tuple(found[name] for name in wanted)


def _header(dataset: str, table: int) -> str:
    ours = ("RMSE",) if table == 2 else EXPLAINED
    names = " | ".join(("", f"{dataset}, table {table}", *ours, "paper", "")).strip()
    return f"\n{names}\n|{' --- |' * (len(ours) + 2)}"


def _cell(value: float, deviation: float | None) -> str:
    return f"{value:.3f}" + ("" if deviation is None else f" ± {deviation:.3f}")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _report(name, as_json=False)
