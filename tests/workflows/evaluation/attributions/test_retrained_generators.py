"""Generators that are trained against one network after another."""

import shutil

import pytest
import torch

from tests.trained import baseline_gan_run, call_kind_generator
from tests.workflows.evaluation.attributions.randomised import measure_generator
from tests.workflows.tiny_runs import Recorder
from xaitool.errors import DivergenceError
from xaitool.workflows.evaluation.attributions import retrained_generators


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


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

    trainer = retrained_generators.CounterfactualTrainer  # type: ignore[attr-defined]
    monkeypatch.setattr(trainer, "step", broken)
    with pytest.raises(DivergenceError, match="became NaN or infinite"):
        measure_generator("integrated-gradients")
