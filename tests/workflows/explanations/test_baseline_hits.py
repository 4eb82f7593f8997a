"""Which baselines the model puts into the class that they stand for."""

from __future__ import annotations

import torch
from torch import nn

from xaitool.core.baselines.nearest_target import NearestTarget
from xaitool.core.baselines.zero import Zero
from xaitool.core.score import Score
from xaitool.workflows.explanations.baseline_hits import DrawnBaselines, ReachedCount, count_reached
from xaitool.workflows.explanations.image_arguments import labelled_images


class Brightness(nn.Module):
    """Class 1 is brighter than a half, class 0 darker; class 2 never wins."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        mean = images.flatten(1).mean(1)
        return torch.stack([0.5 - mean, mean - 0.5, torch.full_like(mean, -9)], 1)


def nearest() -> NearestTarget:
    """Of a dark, a bright and a dark image, of the classes 0, 1 and 2."""
    pixels = torch.tensor([0.1, 0.9, 0.2]).view(3, 1, 1, 1).expand(3, 1, 2, 2)
    data = labelled_images((pixels, torch.arange(3)))
    assert data is not None
    return NearestTarget(data=data)


IMAGES = torch.full((2, 1, 2, 2), 0.4)


def test_counting() -> None:
    prediction = torch.tensor([[1, 2], [0, 0]])
    assert count_reached(prediction, torch.tensor([1, 0]), None) == ReachedCount(3, 4)
    classes = torch.tensor([[-1, 1, 2], [0, -1, 2]])
    every = torch.tensor([[[-1], [1], [0]], [[0], [-1], [2]]])
    assert count_reached(every, torch.tensor([-1, -1]), classes) == ReachedCount(3, 4)


def test_nothing_drawn_is_nothing_kept() -> None:
    drawn = DrawnBaselines(None, nn.Identity(), 4)
    score = Score(torch.tensor([0]), torch.tensor([1]))
    assert drawn.draw(torch.zeros(1, 1, 2, 2), score) is None
    assert drawn.extras() == drawn.extras_of_all(torch.tensor([0]), 3) == {}


def test_the_model_is_asked_what_it_takes_them_for() -> None:
    drawn = DrawnBaselines(nearest(), Brightness(), 1)
    score = Score(torch.tensor([0, 1]), torch.tensor([1, 2]))
    references = drawn.draw(IMAGES, score)
    assert references is not None
    torch.testing.assert_close(references.flatten(1)[:, 0], torch.tensor([0.9, 0.2]))
    # The image of class 2 is dark, which the model takes for class 0.
    assert drawn.extras()["baseline_prediction"].tolist() == [[1], [0]]


def test_it_is_asked_only_of_what_stands_for_a_class() -> None:
    score = Score(torch.tensor([0, 1]), torch.tensor([1, 2]))
    for baseline, asks in ((Zero(), True), (nearest(), False)):
        drawn = DrawnBaselines(baseline, Brightness(), 4, asks=asks)
        assert drawn.draw(IMAGES, score) is not None
        assert drawn.extras() == {}


def test_each_class_has_its_column_but_the_target() -> None:
    drawn, target = DrawnBaselines(nearest(), Brightness(), 4), torch.tensor([0, 1])
    for against in range(3):
        others = target != against
        count = int(others.sum())
        score = Score(target[others], torch.full((count,), against))
        drawn.draw(IMAGES[others], score)
    found = drawn.extras_of_all(target, 3)["baseline_prediction"]
    assert found.tolist() == [[[-1], [1], [0]], [[0], [-1], [0]]]
