"""Layers that can be watched: which one is found, and what is kept of it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool.core.attribution.engine.layers import (
    CallLayer,
    ModuleLayer,
    last_convolution,
    named_layer,
)
from xaitool.errors import UnknownNameError

IMAGE = torch.rand(1, 2, 6, 6, generator=torch.Generator().manual_seed(0))


class Network(nn.Module):
    """Runs its convolutions in another order than they stand in, the first one twice."""

    def __init__(self) -> None:
        super().__init__()
        self.late, self.early = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Conv2d(2, 2, 6)) for _ in range(2)])

    def forward(self, images: Tensor) -> Tensor:
        hidden = self.late(self.late(self.early(images)).relu())
        hidden += 1  # overwrites what was returned
        points: Tensor = self.blocks[0](hidden)
        return points.flatten(1)


def test_the_last_convolution_is_the_one_that_runs_last_over_more_than_one_position() -> None:
    network = Network()
    layer = last_convolution(network, IMAGE)
    assert isinstance(layer, ModuleLayer)
    assert layer.module is network.late
    assert not any(module._forward_hooks for module in network.modules())
    assert last_convolution(nn.Sequential(nn.Flatten(), nn.Linear(72, 2)), IMAGE) is None


def test_of_a_module_that_runs_twice_the_last_output_counts_as_it_was_made() -> None:
    network = Network()
    layer = ModuleLayer(network.late)
    with torch.no_grad():
        first = network.late(network.early(IMAGE))
        expected = network.late(first.relu())
        with layer.watched() as outputs:
            network(IMAGE)
    assert [output.equal(one) for output, one in zip(outputs, (first, expected), strict=True)]
    (own,) = layer.select(outputs)
    assert own.equal(expected)


def test_a_function_is_watched_where_no_module_is() -> None:
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2, 2, 3, 3))

        def forward(self, images: Tensor) -> Tensor:
            halves = [F.conv2d(half, self.weight) for half in images.split(1)]
            return torch.cat([F.conv2d(half.relu_(), self.weight[..., :1, :1]) for half in halves])

    network = Functional()
    layer = last_convolution(network, IMAGE)
    assert isinstance(layer, CallLayer)
    assert (layer.index, layer.period) == (1, 2)
    with torch.no_grad(), layer.watched() as outputs:
        expected = network(IMAGE)
    (own,) = layer.select(outputs)
    assert own.equal(expected)
    # Calls that are no whole number of batches are nobody's.
    assert layer.select([*outputs, *outputs[:1]]) == []
    assert layer.select([*outputs, *outputs]) == [outputs[1], outputs[1]]


def test_a_name_may_leave_out_its_beginning_where_that_is_unambiguous() -> None:
    network = nn.Sequential()
    network.add_module("inner", inner := Network())
    for name in ("inner.late", "late"):
        layer = named_layer(network, name)
        assert isinstance(layer, ModuleLayer)
        assert layer.module is inner.late
    with pytest.raises(UnknownNameError, match="unknown layer '0'") as several:
        named_layer(network, "0")
    assert "inner.blocks.0, inner.blocks.0.0, inner.blocks.1.0" in str(several.value.hint)
    with pytest.raises(UnknownNameError, match="unknown layer 'lat'") as unknown:
        named_layer(network, "lat")
    assert "inner.late, inner.early" in str(unknown.value.hint)
