"""Normalisation inside a network."""

from __future__ import annotations

import torch
from torch import nn

from xaitool.core.models.normalise import Normalise


def test_each_channel_has_its_own_mean_and_deviation() -> None:
    images = torch.tensor([[0.5, 0.75], [0.0, 1.0]]).view(2, 2, 1, 1).expand(-1, -1, 3, 4)
    found = Normalise([0.5, 0.25], [0.25, 0.5])(images)
    assert found.shape == (2, 2, 3, 4)
    assert found[..., 0, 0].tolist() == [[0, 1], [-2, 1.5]]
    assert found[..., 2, 3].equal(found[..., 0, 0])


def test_its_numbers_are_stored_with_the_weights_and_never_learned() -> None:
    layer = Normalise([0.5, 0.25], [0.25, 0.5])
    assert not list(layer.parameters())
    other = Normalise([0.0, 0.0], [1.0, 1.0])
    other.load_state_dict(layer.state_dict())
    images = torch.rand(1, 2, 3, 3)
    assert other(images).equal(layer(images))


def test_it_moves_and_changes_precision_with_its_network() -> None:
    network = nn.Sequential(Normalise([0.5], [0.25]), nn.Conv2d(1, 2, 3)).double()
    images = torch.rand(1, 1, 5, 5, dtype=torch.float64)
    assert network[0](images).dtype == torch.float64
    (slope,) = torch.autograd.grad(network[0](images.requires_grad_()).sum(), images)
    assert slope.eq(4).all()
