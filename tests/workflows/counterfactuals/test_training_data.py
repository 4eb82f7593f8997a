"""The images that a generator of counterfactuals is trained on."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tests.workflows.tiny_runs import Recorder
from xaitool.data.dataset import ImageDataset
from xaitool.errors import DataError
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.counterfactuals.training_data import check_fit, load_targeted_data
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime


def test_a_baseline_generators_data_has_the_label_of_its_classifier() -> None:
    name = "biased-mnist:of=digits"
    classifier = Classifier(
        model=nn.Sequential(nn.Flatten(), nn.Linear(3 * 28 * 28, 2)),
        source="here",
        weights=None,
        sha256="",
        input=ModelInput.unknown(crop=28),
        classes=("red", "green"),
        dataset=name,
        training={"dataset": name, "label": "colour", "sensitive": None},
    )

    def load(chosen: Classifier | None, **options: Any) -> ImageDataset:
        config = TrainBaselineGanConfig(device="cpu", **options)
        context = Context(config, Runtime.from_options(config), Recorder())
        dataset = load_targeted_data(context, chosen)
        if chosen is not None:
            check_fit(dataset, chosen, context.runtime, context.reporter)
        return dataset

    own = load(classifier)
    assert own.classes == ("red", "green")
    assert torch.equal(own.labels, own.attributes["colour"].values)
    assert list(load(classifier, sensitive=("shape",)).sensitive) == ["shape"]
    alone = load(None, dataset=name, label="shape", generator_kind="standalone")
    assert torch.equal(alone.labels, alone.attributes["shape"].values)
    with pytest.raises(DataError, match="has the classes 0-4, 5-9, but here was trained on red"):
        load(classifier, label="shape")
