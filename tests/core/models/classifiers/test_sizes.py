"""Sizes of feature maps beside those that torch makes, and what no classifier is built for."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from xaitool.core.models.classifiers.sizes import check_classifier, size_after
from xaitool.errors import ModelError


@pytest.mark.parametrize(
    "layers", [[], [(5, 1, 2), (2, 2, 0)], [(6, 2, 0), (6, 2, 0)], [(3, 3, 1), (1, 1, 0)]]
)
@pytest.mark.parametrize("side", [(28, 28), (17, 31), (16, 40)])
def test_the_size_is_torchs(side: tuple[int, int], layers: list[tuple[int, int, int]]) -> None:
    maps = torch.zeros(1, 1, *side)
    for kernel, stride, padding in layers:
        maps = F.conv2d(maps, torch.zeros(1, 1, kernel, kernel), None, stride, padding)
    assert size_after("network", (1, *side), layers) == maps[0, 0].numel()


def test_a_map_without_a_position_is_refused() -> None:
    assert size_after("network", (3, 4, 9), [(2, 2, 0), (2, 2, 0)]) == 2
    with pytest.raises(ModelError, match="images are 9x3, but network wants larger") as refused:
        size_after("network", (3, 9, 3), [(2, 2, 0), (2, 2, 0)])
    assert "--image-size" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("mean", "deviation"),
    [([0.5], [0.5, 0.5]), ([0.5, 0.5], [0.5]), ([0.5, 0.5], [0.5, 0.0]), ([], [])],
)
def test_a_normalisation_that_does_not_fit_is_refused(
    mean: list[float], deviation: list[float]
) -> None:
    check_classifier("network", (2, 8, 8), 1, [0.5, 0.5], [0.5, 0.1])
    with pytest.raises(ModelError, match="network for 2 channels has mean"):
        check_classifier("network", (2, 8, 8), 1, mean, deviation)


def test_a_classifier_has_a_class() -> None:
    with pytest.raises(ModelError, match="network for -1 classes, but at least 1"):
        check_classifier("network", (1, 8, 8), -1, [0.5], [0.5])
