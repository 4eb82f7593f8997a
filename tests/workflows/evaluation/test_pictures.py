"""What ``evaluate --out`` draws of every registered metric: readable, or it says that none is."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure

from tests.report.figures import outside, overlapping, texts
from tests.trained import (
    baseline_gan_run,
    classifier_run,
    gan_run,
    recommender_run,
    three_digits_run,
)
from tests.workflows.colour_models import HALVES, ByColour, factory, save_cvae, save_lenet
from tests.workflows.cvae_runs import DATA, cvae_run
from tests.workflows.evaluation.attributions import made_files, test_classifier_attributions
from tests.workflows.tiny_runs import Recorder, make_quick
from xaitool.errors import ConfigError
from xaitool.registry import METRICS_OF
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.explanations.explain import explain
from xaitool.workflows.runs import pictures as module


def groups() -> Iterator[tuple[str, tuple[str, ...]]]:
    """All metrics; those of one pass over the data that share a picture together."""
    for kind, metrics in METRICS_OF.items():
        together: dict[Any, list[str]] = {}
        for name, metric in metrics.items():
            key = (metric.drawing and metric.measure) or name, metric.drawing
            together.setdefault(key, []).append(name)
        yield from ((kind, tuple(names)) for names in together.values())


EVERY = list(groups())

RUNS: dict[str, Callable[[], Path]] = {
    "classifier": three_digits_run,
    "gan": gan_run,
    "baseline-gan": baseline_gan_run,
    "cvae": cvae_run,
    "recommender": functools.partial(recommender_run, "svd"),
}
MODELS = re.compile(rf"{factory(ByColour)}|{test_classifier_attributions.MODEL}")
COLOURED = {"dataset": DATA, "channels": 3, "input_size": 28}
# What a kind and a metric want beside the artifact; a new metric needs an entry only if it does.
OPTIONS: dict[str, dict[str, Any]] = {
    "classifier": {"limit": 12},
    "gan": {"samples": 60},
    "baseline-gan": {"limit": 6, "samples": 6},
    "cvae": {"limit": 12},
    "fairness": COLOURED | {"limit": 200},
    "saturation": COLOURED,
    "twin-similarity": COLOURED | {"method": ("saliency", "input-x-gradient")},
    "parameter-randomisation": {"method": ("saliency",), "limit": 2},
    "baseline-validity": {"baseline": ("zero",), "samples": 6, "targets": "one"},
    "robustness": {"attack": ("fgsm", "bim"), "epsilon": (0.1, 0.3)},
    "misclassification-rank": {"attack": ("fgsm",), "epsilon": (0.3, 0.6), "limit": 60},
    "training": {"limit": None},
    "prediction-balance": {"limit": None},
    "samples": {"samples": 4},
    **{
        f"classifier {metric}": {"method": ("integrated-gradients",), "baseline": ("zero", "blur")}
        for metric in ("insertion", "deletion", "gini")
    },
    "classifier inverse-localisation": {
        "method": ("saliency", "input-x-gradient"),
        "dataset": test_classifier_attributions.DATASET,
        "input_size": 8,
        "channels": 3,
    },
    "interpolation": {"judge": ("judge.pt",)},
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_quick(monkeypatch)


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """All figures that are written."""
    found: list[Figure] = []

    def keep(figure: Figure, file_format: str) -> bytes:
        found.append(figure)
        return b""

    monkeypatch.setattr(module, "figure_bytes", keep)
    return found


def artifacts(kind: str, metric: str) -> tuple[Path, ...]:
    """Two of a kind."""
    if kind == "classifier" and OPTIONS.get(metric, {}).get("dataset") == DATA:
        return (factory(ByColour),)
    if (kind, metric) == ("classifier", "inverse-localisation"):
        return (Path(test_classifier_attributions.MODEL),)
    if metric == "interpolation":
        save_lenet(Path("judge.pt"), HALVES)
        first = save_cvae(Path("first.pt"))
    elif kind != "attribution":
        first = Path("first")
        shutil.copytree(RUNS[kind](), first)
    elif metric == "inverse-localisation":
        first = Path("first.h5")
        made_files.write(torch.rand(2, 1, 1, 4), [0, 0], [1, 2], name=str(first))
    else:
        first = Path("first.h5")
        explain(
            ExplainConfig(
                model=str(three_digits_run()),
                dataset="digits",
                method=("saliency",),
                against="all",
                limit=2,
                heat_maps=0,
                out=first,
                device="cpu",
            )
        )
    second = first.with_stem("second")
    if first.is_dir():
        shutil.copytree(first, second)
    else:
        shutil.copy(first, second)
    return first, second


def drawn(kind: str, *metrics: str, out: str = "out", **more: Any) -> list[str]:
    """Draw; returns what was told of pictures."""
    metric = metrics[0]
    asked = OPTIONS.get(f"{kind} {metric}", OPTIONS.get(metric, {}))
    options = {**OPTIONS.get(kind, {}), **asked, **more}
    if kind == "gan" and metric not in ("samples", "convergence"):
        options["features"] = str(classifier_run())
    elif metric == "convergence":
        del options["samples"]
    recorder = Recorder()
    config = EvaluateConfig(
        artifacts=options.pop("artifacts", None) or artifacts(kind, metric),
        metric=metrics,
        out=Path(out),
        device="cpu",
        **options,
    )
    evaluate(config, recorder)
    return [text for text in recorder.messages if "picture" in text or "draw" in text]


@pytest.mark.parametrize(("kind", "metrics"), EVERY)
def test_every_metric_is_drawn_with_axes_in_words(
    kind: str, metrics: tuple[str, ...], figures: list[Figure]
) -> None:
    told = drawn(kind, *metrics)
    assert told
    assert list(Path("out").glob("**/*.png")) or all("no picture" in text for text in told)
    for figure in figures:
        assert unlabelled(figure) == []
        # An artifact's own name may be anything.
        shown = texts(figure)
        said = [MODELS.sub("", text.get_text()) for text in shown]
        assert not [text for text in said if "_" in text or re.search(r"[a-z]/[a-z-]+/", text)]
        assert outside(figure, shown) == []
        assert overlapping(figure, shown) == []


def unlabelled(figure: Figure) -> list[str]:
    """Axes that do not say what they are; panels of a row share what is beside the first."""
    common = figure.get_supxlabel(), figure.get_supylabel()
    missing = []
    for axes in (axes for axes in figure.axes if axes.get_visible()):
        place = axes.get_subplotspec()
        first = place is None or place.is_first_col()
        is_bar = axes.get_label() == "<colorbar>"
        if not (axes.get_xlabel() or common[0] or is_bar):
            missing.append(f"x of {axes.get_title()!r}")
        if first and not (axes.get_ylabel() or common[1]):
            missing.append(f"y of {axes.get_title()!r}")
    return missing


def test_axes_without_a_name_are_seen() -> None:
    figure = Figure()
    figure.subplots(1, 2)
    assert unlabelled(figure) == ["x of ''", "y of ''", "x of ''"]


def test_artifacts_share_a_picture_or_have_one_each() -> None:
    options: dict[str, Any] = {"limit": 12, "artifacts": artifacts("classifier", "accuracy")}
    assert drawn("classifier", "accuracy", **options) == ["picture: out/accuracy.png"]
    assert drawn("classifier", "confusion", figure_format="svg", **options) == [
        "picture: out/first-confusion.svg",
        "picture: out/second-confusion.svg",
    ]
    with pytest.raises(ConfigError, match=r"out/accuracy\.png exists"):
        drawn("classifier", "accuracy", **options)
    drawn("classifier", "accuracy", overwrite=True, **options)


def test_a_number_alone_is_no_picture() -> None:
    first, _ = artifacts("attribution", "gini")
    assert drawn("attribution", "gini", artifacts=(first,)) == [
        "no picture of first.h5-gini: too few values of 'Gini index (0: even, 1: sparse)' for one"
    ]
    assert not Path("out").exists()
