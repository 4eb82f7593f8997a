"""Cascading randomisation as ``evaluate`` measures it, on digits."""

import pytest
import torch

from tests.trained import classifier_run
from tests.workflows.evaluation.attributions.randomised import measure
from tests.workflows.tiny_runs import Recorder
from xaitool.core.attribution.base import Attribution
from xaitool.core.attribution.saliency import Saliency
from xaitool.errors import ConfigError

LAYERS = ["head", "trunk.10", "trunk.8", "trunk.4", "trunk.1"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_row_a_layer_and_their_mean():
    weights = (classifier_run() / "last.pt").read_bytes()
    rows = measure("saliency", limit=None)
    assert (classifier_run() / "last.pt").read_bytes() == weights
    assert [row["layer"] for row in rows] == [*LAYERS, "mean"]
    assert {row["method"] for row in rows} == {"saliency"}
    assert {row["baseline"] for row in rows} == {None}
    assert {row["n"] for row in rows} == {16}
    for name in ("spearman", "ssim"):
        *values, mean = (row[name] for row in rows)
        assert mean == pytest.approx(sum(values) / 5)
        assert values[-1] < 0.6
    assert all(row["value"] == row["spearman"] for row in rows)


def test_every_method_with_every_baseline_and_the_same_classes():
    options = {"baseline": ("zero", "nearest-target"), "method_option": ("steps=3",)}
    rows = measure("integrated-gradients", "saliency", **options)
    found = [(row["method"], row["baseline"]) for row in rows if row["layer"] == "mean"]
    both = [("integrated-gradients", "zero"), ("integrated-gradients", "nearest-target")]
    assert found == [*both, ("saliency", None)]
    assert rows[-6:] == measure("saliency")
    reached = [row["baseline_reached"] for row in rows]
    assert all(one is None for one in reached[:6] + reached[12:])
    assert all(0 <= one <= 1 for one in reached[6:12])


def test_the_choice_of_classes_and_the_seed_matter():
    rows = [
        measure("saliency", **options)[-1]["value"]
        for options in ({}, {"seed": 1}, {"against": "second"}, {"target": "3", "against": "none"})
    ]
    assert len(set(rows)) == 4


def test_what_does_not_look_at_the_model_does_not_change(monkeypatch):
    def edges(self, inputs, score, baselines, rows):
        values = inputs.diff(dim=3, append=inputs[..., -1:])
        nothing = torch.full((len(inputs),), torch.nan)
        return Attribution(values, nothing, nothing, nothing)

    monkeypatch.setattr(Saliency, "_attribute", edges)
    for row in measure("saliency"):
        assert row["spearman"] == pytest.approx(1)
        assert row["ssim"] == pytest.approx(1)


def test_maps_without_a_rank_order_are_counted(monkeypatch):
    def nothing(self, inputs, score, baselines, rows):
        none = torch.full((len(inputs),), torch.nan)
        return Attribution(torch.zeros_like(inputs), none, none, none)

    monkeypatch.setattr(Saliency, "_attribute", nothing)
    *rows, mean = measure("saliency")
    assert [(row["value"], row["n"], row["undefined"]) for row in rows] == [(None, 0, 3)] * 5
    assert (mean["value"], mean["undefined"]) == (None, 15)


def test_a_picture_for_each_of_the_first_images(tmp_path):
    recorder = Recorder()
    rows = measure("saliency", out=tmp_path / "pictures", limit=5, reporter=recorder)
    assert rows
    names = [f"classifier-parameter-randomisation-{index:06d}.png" for index in range(4)]
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == names
    assert sum(text.startswith("picture: ") for text in recorder.messages) == 4
    with pytest.raises(ConfigError, match="exists, but a new file was asked for"):
        measure("saliency", out=tmp_path / "pictures")
    measure("saliency", out=tmp_path / "pictures", overwrite=True, limit=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retrain": 2}, "--retrain is 2, but no baseline is of a generator"),
        ({"against": "none", "baseline": ("nearest-target",)}, "--against is not set"),
        ({"against": "all"}, "--against is all"),
        ({"target": "12"}, "--target is 12"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ConfigError, match=message):
        measure("integrated-gradients", **options)
