"""What is loaded to be measured, or beside what is measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.trained import baseline_gan_run, classifier_run, three_digits_run
from tests.workflows.own_module import work_beside
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError, DataError, ModelError
from xaitool.io.checkpoints import load_checkpoint
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.counterfactuals.generator import load_generator, recorded_classifier
from xaitool.workflows.evaluation.subjects import load_beside, load_classifier_and_data
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.progress import SilentReporter
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
FACTORY = """
from torch import nn

def make():
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 10))
"""

CONTEXT = Context(EvaluateConfig(), CPU, SilentReporter())


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work_beside(tmp_path, monkeypatch, "factory_beside", FACTORY)


def test_beside_a_classifier_is_another_one_of_the_same_images_and_classes() -> None:
    config = EvaluateConfig(artifacts=(classifier_run(),), device="cpu")
    classifier, dataset = load_classifier_and_data(classifier_run(), config, CPU)
    other = replace(classifier, sha256="another")
    found = load_beside(str(classifier_run()), other, dataset, CONTEXT, "judge")
    assert (found.sha256, found.classes) == (classifier.sha256, classifier.classes)
    own, three = str(classifier_run()), str(three_digits_run())
    with pytest.raises(ModelError, match=f"^judge {own} is the classifier itself, but another one"):
        load_beside(own, classifier, dataset, CONTEXT, "judge")
    message = f"^--judge factory_beside:make takes images 3x224x224, but {own} takes 1x28x28$"
    with pytest.raises(ModelError, match=message):
        load_beside("factory_beside:make", classifier, dataset, CONTEXT, "--judge")
    with pytest.raises(DataError, match=f"has the classes .*, but {three} was trained on 0, 1, 2"):
        load_beside(three, classifier, dataset, CONTEXT, "judge")


def test_beside_an_autoencoder_classes_may_be_others() -> None:
    dataset = load_dataset("digits", "test")
    assert len(load_beside(str(three_digits_run()), None, dataset, CONTEXT, "judge").classes) == 3
    with pytest.raises(ModelError, match="takes images 3x224x224, but the CVAE makes 1x28x28"):
        load_beside("factory_beside:make", None, dataset, CONTEXT, "judge")


def test_data_are_those_of_the_training_unless_others_are_named() -> None:
    config = EvaluateConfig(artifacts=(three_digits_run(),), device="cpu")
    classifier, dataset = load_classifier_and_data(three_digits_run(), config, CPU)
    assert (dataset.name, dataset.classes) == ("digits", classifier.classes)
    with pytest.raises(ConfigError, match="does not know its data, but --dataset NAME is wanted"):
        load_classifier_and_data(Path("factory_beside:make"), config, CPU)


def test_a_generator_says_which_classifier_it_had_and_how_it_was_read() -> None:
    found = load_generator(baseline_gan_run(), CPU)
    checkpoint = load_checkpoint(baseline_gan_run(), kind="baseline-gan")
    recorded = recorded_classifier(found)
    assert recorded.source == checkpoint["classifier"] == str(three_digits_run())
    assert recorded.sha256 == checkpoint["classifier_sha256"]
    assert (recorded.file, recorded.weights) == (found.path, None)
    options = replace(found, config={**found.config, "weights": "w.pth", "mean": [0.5]})
    assert recorded_classifier(options).weights == Path("w.pth")
    assert recorded_classifier(options).options["mean"] == [0.5]
