"""The statistics that a classifier normalises with, and the images that the options name."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tests.workflows.tiny_runs import Recorder, classifier_config
from xaitool.data.dataset import ImageDataset
from xaitool.data.memory import MemoryDataset
from xaitool.data.statistics import channel_statistics
from xaitool.errors import DataError, UnknownNameError
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.counterfactuals.training_data import load_targeted_data
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.datasets import load_training_data
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime


def dataset(pixels: torch.Tensor) -> MemoryDataset:
    labels = torch.zeros(len(pixels), dtype=torch.int64)
    return MemoryDataset(pixels, labels, ["one"], name="test", split="train")


def random_pixels(count: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, 4, 5), generator=random, dtype=torch.uint8)


def test_they_are_those_of_all_pixels() -> None:
    pixels = random_pixels(1000)
    samples = torch.arange(1, 1000, 3)
    mean, deviation = channel_statistics(dataset(pixels), samples)
    chosen = pixels[samples].double() / 255
    wanted_mean = chosen.mean((0, 2, 3))
    wanted_deviation = chosen.std((0, 2, 3), correction=0)
    torch.testing.assert_close(torch.tensor(mean).double(), wanted_mean, atol=1e-7, rtol=0)
    torch.testing.assert_close(
        torch.tensor(deviation).double(), wanted_deviation, atol=1e-7, rtol=0
    )


def test_flat_images_do_not_divide_by_zero() -> None:
    mean, deviation = channel_statistics(
        dataset(torch.full((3, 1, 2, 2), 51, dtype=torch.uint8)), torch.arange(3)
    )
    assert mean == pytest.approx([0.2])
    assert deviation == [1 / 255]


def test_no_more_are_read_than_said() -> None:
    class Counting(MemoryDataset):
        read = 0

        def images(self, indices: object) -> torch.Tensor:
            found = super().images(indices)  # type: ignore[arg-type]
            self.read += len(found)
            return found

    labels = torch.zeros(199, dtype=torch.int64)
    counting = Counting(random_pixels(199), labels, ["one"], name="test", split="train")
    channel_statistics(counting, torch.arange(199), most=100)
    assert counting.read == 100


def test_the_options_name_the_images() -> None:
    config = classifier_config(None, classes=("7", "3"), image_size=12)
    found = load_training_data(config, Runtime.from_options(config))
    assert (found.classes, found.shape, found.split) == (("7", "3"), (1, 12, 12), "train")
    with pytest.raises(UnknownNameError):
        load_training_data(classifier_config(None, classes=("x",)), Runtime.from_options(config))


def test_the_options_name_label_and_sensitive_attributes() -> None:
    options = {"dataset": "biased-mnist:of=digits", "label": "shape", "classes": None}
    config = classifier_config(None, **options)
    clean = load_training_data(config, Runtime.from_options(config))
    assert (clean.classes, list(clean.sensitive)) == (("0-4", "5-9"), ["colour"])
    assert torch.equal(clean.labels, clean.attributes["shape"].values)
    config = classifier_config(None, **options | {"label": None, "sensitive": ("shape",)})
    noisy = load_training_data(config, Runtime.from_options(config))
    assert list(noisy.sensitive) == ["shape"]
    assert not torch.equal(noisy.labels, clean.labels)
    assert config.to_dict("experiment")["sensitive"] == ["shape"]


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
        return load_targeted_data(Context(config, Runtime.from_options(config), Recorder()), chosen)

    own = load(classifier)
    assert own.classes == ("red", "green")
    assert torch.equal(own.labels, own.attributes["colour"].values)
    assert list(load(classifier, sensitive=("shape",)).sensitive) == ["shape"]
    alone = load(None, dataset=name, label="shape", generator="standalone")
    assert torch.equal(alone.labels, alone.attributes["shape"].values)
    with pytest.raises(DataError, match="has the classes 0-4, 5-9, but here was trained on red"):
        load(classifier, label="shape")
