"""The classifier against which a generator was trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trained import baseline_gan_run, classifier_run, three_digits_run
from xaitool.errors import ModelError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.baselines import generator_classifier as module
from xaitool.workflows.evaluation.baselines.generator_classifier import classifier_of_generator
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def classifier(run: Path, **options: Any) -> Classifier:
    return classifier_of_generator(run, EvaluateConfig(artifacts=(run,), **options), CPU)


def test_it_is_the_one_of_the_checkpoint_with_its_data() -> None:
    found = classifier(baseline_gan_run())
    own = load_classifier(str(three_digits_run()), None, CPU)
    assert (found.sha256, found.classes) == (own.sha256, ("0", "1", "2"))
    assert (found.dataset, found.dataset_classes) == ("digits", ["0", "1", "2"])


def test_another_is_read_where_the_options_name_it() -> None:
    found = classifier(baseline_gan_run(), model=str(classifier_run()))
    assert found.sha256 == load_classifier(str(classifier_run()), None, CPU).sha256
    assert found.dataset == "digits"


def test_without_one_there_is_none_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    load = module.load_generator  # type: ignore[attr-defined]
    monkeypatch.setattr(
        module, "load_generator", lambda *given: replace(load(*given), classifier=None)
    )
    with pytest.raises(ModelError, match="was trained without a classifier, but one is") as caught:
        classifier(baseline_gan_run())
    assert caught.value.hint == "--model MODEL"
    found = classifier(baseline_gan_run(), model=str(three_digits_run()))
    assert found.classes == ("0", "1", "2")
