"""What the base of the small classifiers does for each."""

from __future__ import annotations

from collections import OrderedDict

import pytest
import torch
from torch import nn

from xaitool.core.models.classifiers.base import SmallClassifier
from xaitool.errors import ModelError


class Tiny(SmallClassifier):
    """One convolution that halves, and one layer."""

    name = "tiny"
    resizing = ((3, 2, 1), (2, 2, 0))

    def _layers(self, channels: int, positions: int, classes: int) -> list[nn.Module]:
        return [
            nn.Conv2d(channels, 4, 3, 2, 1),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Linear(4 * positions, classes),
        ]


class Named(Tiny):
    def _arranged(self, layers: list[nn.Module]) -> OrderedDict[str, nn.Module]:
        *trunk, head = layers
        return OrderedDict(trunk=nn.Sequential(*trunk), head=head)


def test_positions_are_those_of_the_last_feature_map() -> None:
    model = Tiny((2, 9, 12), 3, [0.1, 0.2], [0.3, 0.4])
    assert model(torch.rand(5, 2, 9, 12)).shape == (5, 3)
    assert model[4].in_features == 4 * 2 * 3


def test_the_first_layer_normalises() -> None:
    model = Tiny((2, 8, 8), 3, [0.1, 0.2], [0.5, 0.25])
    images = torch.rand(5, 2, 8, 8)
    by_hand = torch.stack([(images[:, 0] - 0.1) * 2, (images[:, 1] - 0.2) * 4], 1)
    torch.testing.assert_close(model(images), model[1:](by_hand))


def test_weights_are_stored_by_place_or_by_the_names_that_a_network_gives() -> None:
    facts = ((1, 8, 8), 3, [0.5], [0.5])
    stored = ["0.mean", "0.standard_deviation", "1.weight", "1.bias", "4.weight", "4.bias"]
    assert list(Tiny(*facts).state_dict()) == stored
    trunk = [f"trunk.{name}" for name in stored[:4]]
    assert list(Named(*facts).state_dict()) == [*trunk, "head.weight", "head.bias"]


def test_some_layers_are_a_plain_network_by_the_names_that_they_have() -> None:
    model = Tiny((1, 8, 8), 3, [0.5], [0.5])
    features = model[:-1]
    assert type(features) is nn.Sequential
    assert features(torch.rand(5, 1, 8, 8)).shape == (5, 4 * 2 * 2)
    assert list(model[3:].state_dict()) == ["4.weight", "4.bias"]
    assert model[-1] is model[4]


def test_refusals() -> None:
    with pytest.raises(ModelError, match="images are 8x2, but tiny wants larger ones"):
        Tiny((1, 8, 2), 3, [0.5], [0.5])
    with pytest.raises(ModelError, match="tiny for 0 classes, but at least 1 is wanted"):
        Tiny((1, 8, 8), 0, [0.5], [0.5])
    with pytest.raises(ModelError, match="tiny for 1 channels has mean"):
        Tiny((1, 8, 8), 3, [0.5, 0.5], [0.5, 0.5])
