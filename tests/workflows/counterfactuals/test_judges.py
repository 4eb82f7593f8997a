"""Judging a generator whose images, and a classifier whose decisions, are known."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from xaitool.data.memory import MemoryDataset
from xaitool.report.sample_grid import sample_grid
from xaitool.workflows.counterfactuals import judges
from xaitool.workflows.counterfactuals.judges import CounterfactualJudge, other_classes
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float64)
CLASSES = 4


class Level(nn.Module):
    """Takes an image of mean brightness t / 8 for one of class t."""

    def forward(self, images: Tensor) -> Tensor:
        levels = torch.arange(CLASSES) / 8
        return -(images.flatten(1).mean(1, keepdim=True) - levels).square()


class Paint(nn.Module):
    """Makes an image of the class asked for, but for class 3, where it leaves the image alone."""

    def forward(self, images: Tensor, targets: Tensor) -> Tensor:
        painted = (targets / 8).view(-1, 1, 1, 1).expand_as(images).to(images)
        return torch.where((targets == 3).view(-1, 1, 1, 1), images, painted)


def classifier(model: nn.Module) -> Classifier:
    empty: dict[str, Any] = {field.name: None for field in dataclasses.fields(Classifier)}
    return Classifier(**{**empty, "model": model, "classes": ()})


@pytest.fixture
def dataset() -> MemoryDataset:
    labels = torch.arange(CLASSES).repeat(9)
    pixels = (labels * 51).to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 6, 6).clone()
    return MemoryDataset(pixels, labels, "abcd", name="levels", split="train")


def judge(dataset: MemoryDataset, model: nn.Module | None, **options: Any) -> CounterfactualJudge:
    values: dict[str, Any] = {"grid": 10, "include_source": False, **options}
    known = None if model is None else classifier(model)
    return CounterfactualJudge(dataset, torch.arange(len(dataset)), known, CPU, **values)


def test_hits_and_distance_are_means_over_images(dataset: MemoryDataset) -> None:
    one = judge(dataset, Level())
    found = one.measure(Paint())
    pairs = list(zip(one.labels.tolist(), one.targets.tolist(), strict=True))
    # An image that is left alone stays at label / 5, which only 2 / 5 makes one of class 3.
    hits = [target != 3 or label == 2 for label, target in pairs]
    apart = [0 if target == 3 else abs(target / 8 - label / 5) for label, target in pairs]
    assert found["hit_rate"] == pytest.approx(sum(hits) / len(pairs))
    assert found["l1"] == pytest.approx(sum(apart) / len(pairs))
    one.rows = 5
    assert one.measure(Paint()) == pytest.approx(found)


def test_without_a_classifier_only_the_distance_is_known(dataset: MemoryDataset) -> None:
    assert set(judge(dataset, None).measure(Paint())) == {"l1"}


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_targets_are_other_classes_in_turn(classes: int) -> None:
    labels = torch.randint(0, classes, (997,), generator=torch.Generator().manual_seed(0))
    targets = other_classes(labels, classes)
    assert (targets != labels).all()
    for label in range(classes):
        counts = torch.bincount(targets[labels == label], minlength=classes)
        others = [count for target, count in enumerate(counts.tolist()) if target != label]
        assert counts[label] == 0
        assert max(others) - min(others) <= 1


def cells(one: CounterfactualJudge) -> np.ndarray[Any, Any]:
    """The middle of every cell of the picture; an image of 6 pixels is enlarged to 60."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judges, "named_grid", unnamed)
        picture = np.asarray(one.picture(Paint()))[..., 0]
    return picture[32::62, 32::62] / 255


def unnamed(images: Tensor, columns: list[str], rows: list[str], **_: Any) -> Image.Image:
    """The grid alone, whose columns and rows were named."""
    assert columns[:2] == ["input", "to a"]
    assert set(rows) <= set("abcd")
    assert images.shape[:2] == (len(rows), len(columns))
    return sample_grid(images.flatten(0, 1), columns=len(columns))


def test_the_picture_has_a_row_an_image_and_a_column_a_class(dataset: MemoryDataset) -> None:
    found = cells(judge(dataset, None))
    assert found.shape == (10, 1 + CLASSES)
    labels = np.arange(10) % CLASSES
    np.testing.assert_allclose(found[:, 0], labels / 5)
    wanted = np.stack([np.full(10, 0), np.full(10, 1 / 8), np.full(10, 2 / 8), labels / 5], 1)
    wanted[np.arange(10), labels] = 1
    np.testing.assert_allclose(found[:, 1:], wanted, atol=0.003)
    with_own = cells(judge(dataset, None, include_source=True))
    np.testing.assert_allclose(with_own[0, 1:], [0, 1 / 8, 2 / 8, 0], atol=0.003)
    assert cells(judge(dataset, None, grid=3)).shape == (3, 4)


def test_a_generator_that_diverged_is_measured_and_shown(dataset: MemoryDataset) -> None:
    class Nothing(nn.Module):
        def forward(self, images: Tensor, targets: Tensor) -> Tensor:
            return images * torch.nan

    one = judge(dataset, Level())
    assert np.isnan(one.measure(Nothing())["l1"])
    one.picture(Nothing())
