"""The network that a training starts from."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.workflows.coloured import coloured
from tests.workflows.tiny_runs import classifier_config
from xaitool.data.load import load_dataset
from xaitool.errors import ModelError, UnknownNameError
from xaitool.workflows.classifiers.start import start_of


def start(dataset: Any = None, train: Any = None, **options: Any) -> Any:
    found = load_dataset("digits", "train") if dataset is None else dataset
    chosen = torch.arange(len(found)) if train is None else torch.tensor(train)
    return start_of(classifier_config(None, **options), found, chosen)


def test_images_are_normalised_by_the_training_images_alone() -> None:
    # Grey levels 50, 70 and 90 of 255 in a channel; the second image is held out.
    dataset = coloured([0, 1, 0, 1, 0]).adapted(28, None)
    construction = start(dataset, [0, 2, 4]).construction
    levels = torch.tensor([50.0, 70.0, 90.0]).double() / 255
    mean, deviation = construction.mean, construction.standard_deviation
    assert mean == pytest.approx([levels.mean().item(), 0, 0], abs=1e-7)
    spread = levels.std(correction=0).item()
    # Of a channel that is black everywhere it is a step between two grey levels.
    assert deviation == pytest.approx([spread, 1 / 255, 1 / 255], abs=1e-7)


def test_it_is_lenet_with_the_datasets_classes() -> None:
    found = start(architecture="lenet5")
    with torch.no_grad():
        assert found.model(torch.rand(2, 1, 28, 28)).shape == (2, 10)
    construction = found.construction
    assert (construction.architecture, construction.transfer) == ("lenet5", {})
    assert construction.weights_sha256 is None


def test_what_has_no_backbone_is_trained_as_a_whole() -> None:
    with pytest.raises(ModelError, match="lenet5 is trained as a whole, but --weights and") as one:
        start(architecture="lenet5", freeze_backbone=True)
    assert one.value.hint == "--architecture mobilenet_v2"
    with pytest.raises(UnknownNameError, match="lenet"):
        start(architecture="lenet55")
