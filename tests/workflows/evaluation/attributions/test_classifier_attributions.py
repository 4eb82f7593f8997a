"""A classifier measured by attributions made on the fly, against the same by files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.trained import baseline_gan_run, classifier_run, three_digits_run
from tests.workflows.tiny_runs import Recorder
from xaitool.errors import ConfigError, InputError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.explanations.explain import ExplainResult, explain

DATASET = "composite:objects=digits,scenes=textures,object-classes=0+1,scene-classes=0+1,test=2"
METRICS = ("insertion", "deletion", "gini", "inverse-localisation")
FIGURES = ("value", "n", "std", "undefined")


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 12), nn.ReLU(), nn.Linear(12, 4))


MODEL = f"{__name__}:network"
INPUT: dict[str, Any] = {"input_size": 8, "channels": 3, "device": "cpu"}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def measured(
    source: str | Path, *metrics: str, told: Recorder | None = None, **options: Any
) -> list[dict[str, Any]]:
    config = EvaluateConfig(
        artifacts=(Path(source),), metric=metrics, **{"device": "cpu", **options}
    )
    rows = evaluate(config, told or Recorder())
    assert isinstance(rows, list)
    return rows


@pytest.mark.parametrize(("against", "baseline"), [("all", "nearest-target"), ("second", "blur")])
def test_the_same_as_by_files(against: str, baseline: str) -> None:
    """GANMEX's table 1: baselines, of two methods, on composed images."""
    common: dict[str, Any] = {
        "pair": ("integrated-gradients@zero", "deeplift@zero", f"deeplift@{baseline}"),
        "method_option": ("integrated-gradients.steps=3",),
        "against": against,
        "target": "label",
        "dataset": DATASET,
        "limit": 5,
        **INPUT,
    }
    found = measured(MODEL, *METRICS, **common)
    result = explain(ExplainConfig(model=MODEL, heat_maps=0, out=Path("maps"), **common))
    assert isinstance(result, ExplainResult)
    by_files = evaluate(
        EvaluateConfig(artifacts=tuple(result.attributions), metric=METRICS, model=MODEL, **INPUT)
    )
    assert isinstance(by_files, list)
    assert len(by_files) == 3 * 6
    for wanted in by_files:
        [row] = [
            row
            for row in found
            if Path(f"maps/{row['method']}-{row['baseline']}.h5") == Path(wanted["source"])
            and (row["metric"], row.get("pair")) == (wanted["metric"], wanted.get("pair"))
        ]
        assert row["against"] == against
        assert [row[name] for name in FIGURES] == pytest.approx([wanted[name] for name in FIGURES])
    differences = [row for row in found if row["metric"].endswith("-difference")]
    assert len(differences) == 6


def test_a_trained_generator_is_a_baseline_and_a_second_class_is_drawn() -> None:
    generator = f"ganmex:{baseline_gan_run()}"
    pairs = (f"deeplift@{generator}", "deeplift@zero", "saliency")
    told = Recorder()
    rows = measured(three_digits_run(), "insertion", pair=pairs, limit=3, told=told)
    assert [row["baseline"] for row in rows] == [generator, "zero", None, generator]
    assert {row["against"] for row in rows} == {"drawn"}
    assert rows[3]["versus"] == "zero"
    [note] = [text for text in told.messages if text.startswith("note: ")]
    assert f"baseline {generator}: a second class is wanted" in note


def test_unasked_nothing_is_held_against_a_class() -> None:
    told = Recorder()
    [row] = measured(classifier_run(), "deletion", method="saliency", limit=3, told=told)
    assert row["against"] is None
    assert not any("against" in text for text in told.messages)
    [both] = measured(
        classifier_run(), "gini", method="saliency", limit=3, target="predicted", against="second"
    )
    assert both["against"] == "second"


def test_each_way_to_rank_pixels_is_a_row() -> None:
    rows = measured(classifier_run(), "insertion", method="saliency", limit=2, channel_sum="both")
    assert [row["channel_sum"] for row in rows] == ["signed", "absolute"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "dataset 'digits' has no object masks"),
        ({"against": "none"}, "--against is none, but inverse-localisation explains"),
        ({"target": "top2"}, "--target is top2, but one class is wanted here"),
    ],
)
def test_what_cannot_be_localised(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        measured(classifier_run(), "inverse-localisation", method="deeplift", limit=2, **options)


def test_a_baseline_of_another_class_without_one() -> None:
    with pytest.raises(ConfigError, match="'nearest-target' looks for images of a second class"):
        measured(MODEL, "gini", dataset=DATASET, baseline="nearest-target", against="none", **INPUT)
