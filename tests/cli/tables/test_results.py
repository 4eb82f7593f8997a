"""Everything that ``evaluate`` measures, as tables that fit a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tests.golden
from tests.cli.tables.test_confusion import confusion
from xaitool.cli.tables.page import Page
from xaitool.cli.tables.results import result_lines
from xaitool.registry import METRICS_OF

GOLDEN = json.loads((Path(tests.golden.__file__).parent / "evaluate.json").read_text())
LONG = "a-folder-with-a-rather-long-name/and-another-one"
TEXTS: dict[str, list[Any]] = {
    "attack": ["fgsm", "apgd-ce", "square"],
    "epsilon": [0.01, 8 / 255, 0.3],
    "layer": [f"features.denseblock{number}.denselayer{number}.conv1" for number in range(3)],
    "label": ["american-staffordshire-terrier", "west-highland-white-terrier", "5"],
    "group": [{"colour": "red", "background": "outside"}, {"colour": "green"}, None],
    "quantity": ["demographic-parity-gap", "convergence-explain-seconds", "kl"],
    "judge": [f"{LONG}/judge-{number}/best.pt" for number in range(3)],
    "baseline": ["optimised-target", "ganmex:runs/generator/best.pt", None],
    "method": ["integrated-gradients", "deep-shap", "agi"],
    "path": ["cvae", "recolour", None],
}
MAPPINGS = {"curve": 11, "ranks": 9, "judges": 2, "per_class": 150}


def rows_of(metric: str, fields: list[str], source: str, start: int) -> list[dict[str, Any]]:
    """Three rows that hold the fields; of what comes once an artifact, one."""
    rows = []
    for number in range(3 if set(fields) & set(TEXTS) else 1):
        row: dict[str, Any] = {
            "metric": metric,
            "value": 0.1234567 + start / 7,
            "n": 10_000,
            "source": source,
        }
        for field in fields:
            if field in TEXTS:
                row[field] = TEXTS[field][number]
            elif field in MAPPINGS:
                row[field] = {f"name {one}": one / 7 for one in range(MAPPINGS[field])}
            elif field in ("features", "folder", "picture", "made_on", "loss", "channel_sum"):
                row[field] = f"{LONG}/{field}"
            else:
                row[field] = 1234.56789 + number + start
        rows.append(
            row | {"low": row["value"] - 0.1, "high": row["value"] + 0.1} if "low" in row else row
        )
    return rows


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("artifacts", [1, 2, 12])
@pytest.mark.parametrize("kind", [*METRICS_OF, "everything"])
def test_no_line_is_too_long(kind: str, artifacts: int, width: int) -> None:
    own = {name for metrics in METRICS_OF.values() for name in metrics}
    metrics = own if kind == "everything" else set(METRICS_OF[kind])
    sources = [f"{LONG}/run-{number}/best.pt" for number in range(artifacts)]
    rows: list[dict[str, Any]] = []
    for number, source in enumerate(sources):
        for metric in sorted(metrics - {"confusion"}):
            fields = GOLDEN.get(metric, GOLDEN["recommender"])
            rows += rows_of(metric, fields, source, number)
        for classes in (10, 120) if "confusion" in metrics else ():
            rows += confusion([f"{LONG} {one}" for one in range(classes)], source=source)[:classes]
    lines = list(result_lines(rows, Page(width)))
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    assert all(metric in text for metric in metrics)
    assert f"{LONG}/run-" not in text or artifacts == 1


def test_the_artifacts_paths_are_shortened_and_stand_side_by_side() -> None:
    rows = [
        {"metric": metric, "value": 0.5, "n": 3, "source": f"runs/{name}/best.pt", "std": None}
        for name in ("a", "b")
        for metric in ("insertion", "deletion")
    ]
    assert list(result_lines(rows, Page())) == [
        "metrics of a and b (n 3)",
        "metric     a    b",
        "insertion  0.5  0.5",
        "deletion   0.5  0.5",
    ]


def test_accuracies_by_class_are_not_shown_twice() -> None:
    accuracy = {"metric": "accuracy", "value": 0.5, "n": 2, "source": "run"}
    accuracy["per_class"] = {"cat": 0.5, "dog": 0.5}
    matrix = confusion(["cat", "dog"])
    assert not any("per class" in line for line in result_lines([accuracy, *matrix], Page()))
    several = [accuracy, *matrix, {**accuracy, "source": "b"}]
    assert any("per class" in line for line in result_lines(several, Page()))
    assert any("per class" in line for line in result_lines([accuracy], Page()))


def test_what_was_attacked_itself_is_not_named() -> None:
    rows = [
        {"metric": "m", "value": 0.5, "n": 2, "source": source, "made_on": made_on, "attack": "a"}
        for source in ("runs/a", "runs/b")
        for made_on in ("runs/a", "runs/b")
    ]
    text = list(result_lines(rows, Page()))
    assert text[1].split() == ["made", "on", "a", "b"]
    assert {line.split()[0] for line in text[2:]} == {"0.5", "a", "b"}


def test_nothing_measured_is_no_line() -> None:
    assert list(result_lines([], Page())) == []
