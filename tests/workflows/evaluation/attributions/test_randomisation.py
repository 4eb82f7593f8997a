"""Cascading randomisation as ``evaluate`` measures it, on digits."""

import shutil

import pytest
import torch

from tests.trained import baseline_gan_run, call_kind_generator, classifier_run, three_digits_run
from tests.workflows.tiny_runs import Recorder
from xaitool.core.attribution.base import Attribution
from xaitool.core.attribution.saliency import Saliency
from xaitool.errors import ConfigError, DivergenceError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions import randomised_maps, retrained_generators
from xaitool.workflows.evaluation.evaluate import evaluate

LAYERS = ["head", "trunk.10", "trunk.8", "trunk.4", "trunk.1"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def measure(*methods, source=None, reporter=None, **options):
    config = EvaluateConfig(
        artifacts=(source or classifier_run(),),
        metric=("parameter-randomisation",),
        method=methods,
        device="cpu",
        **{"limit": 3, **options},
    )
    rows = evaluate(config, reporter)
    assert isinstance(rows, list)
    return rows


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


def test_only_a_baseline_that_asks_the_model_is_made_anew(monkeypatch):
    asked = []
    make = randomised_maps.explained_baseline  # type: ignore[attr-defined]

    def counted(explanation, options, network, *arguments, **keywords):
        asked.append((explanation.baseline, network.source))
        return make(explanation, options, network, *arguments, **keywords)

    monkeypatch.setattr(randomised_maps, "explained_baseline", counted)
    options = {"method_option": ("steps=2",), "limit": 1}
    measure("integrated-gradients", baseline=("zero", "optimised-target"), **options)
    assert len(asked) == len(set(asked)) == 7
    assert [source for baseline, source in asked if baseline == "zero"] == [str(classifier_run())]


def measure_generator(*methods, kind="ganmex", run=None, **options):
    """On the classifier that the generator was trained against."""
    baseline = (f"ganmex:{run or baseline_gan_run(kind)}",)
    values = {"method_option": ("steps=2",), "retrain": 1, "limit": 1, **options}
    return measure(*methods, source=three_digits_run(), baseline=baseline, **values)


def test_generators_unchanged_and_retrained():
    recorder = Recorder()
    rows = measure_generator("integrated-gradients", "expected-gradients", reporter=recorder)
    found = [(row["method"], row["baseline"]) for row in rows if row["layer"] == "mean"]
    assert found == [
        (method, f"{name}:{baseline_gan_run()}")
        for method in ("integrated-gradients", "expected-gradients")
        for name in ("ganmex", "ganmex-retrained")
    ]
    trained = [text for text in recorder.messages if text.startswith("generator retrained")]
    assert len(trained) == 6  # the original network and five layers, once for both methods
    assert "with random weights from head on" in trained[1]
    assert rows[6]["value"] != rows[0]["value"]


def test_a_generator_of_before_is_retrained_as_a_present_one(tmp_path):
    """Its checkpoint calls the generator's kind otherwise."""
    present = measure_generator("integrated-gradients")
    shutil.copytree(baseline_gan_run(), tmp_path / "before")
    call_kind_generator(tmp_path / "before")
    before = measure_generator("integrated-gradients", run=tmp_path / "before")
    assert [row["value"] for row in before] == [row["value"] for row in present]


def test_a_diverging_retraining_stops(monkeypatch):
    def broken(self, indices, random):
        torch.nn.init.constant_(next(self.generator.parameters()), torch.nan)
        if self.average is not None:
            self.average.update_parameters(self.generator)
        return {}

    trainer = retrained_generators.BaselineGanTrainer  # type: ignore[attr-defined]
    monkeypatch.setattr(trainer, "step", broken)
    with pytest.raises(DivergenceError, match="became NaN or infinite"):
        measure_generator("integrated-gradients")


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


def test_a_generator_that_never_saw_a_classifier_is_not_retrained():
    with pytest.raises(ConfigError, match="no baseline is of a generator that was trained"):
        measure_generator("integrated-gradients", kind="standalone")
