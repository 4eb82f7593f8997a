"""Encoders and decoders beside their text: widths, sides, and where the condition comes in."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from xaitool.core.models.counterfactuals.cvae_networks import (
    NETWORKS,
    ConvolutionalDecoder,
    ConvolutionalEncoder,
    MLPDecoder,
    MLPEncoder,
)
from xaitool.errors import ModelError


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_perceptrons_have_the_widths_of_their_text() -> None:
    ends = 3 * 8 * 8
    hidden = 513 * 256 + 257 * 128
    assert parameters(MLPEncoder((3, 8, 8), 5, 4)) == (ends + 5 + 1) * 512 + hidden + 129 * 4
    decoder = (2 + 5 + 1) * 128 + 129 * 256 + 257 * 512 + 513 * ends
    assert parameters(MLPDecoder((3, 8, 8), 5, 2)) == decoder


def test_convolutions_have_the_maps_of_their_text() -> None:
    """17 halves to 9, 5, 3 and 2; 31 to 16, 8, 4 and 2. Each norm has two numbers a map."""
    maps, last = (32, 64, 128, 256), 2 * 2
    encoder = 9 * ((3 + 5) * 32 + 32 * 64 + 64 * 128 + 128 * 256) + 2 * sum(maps)
    assert parameters(ConvolutionalEncoder((3, 17, 31), 5, 4)) == encoder + (256 * last + 1) * 4
    decoder = (2 + 5) * 256 * last + 2 * 256
    decoder += 9 * (256 * 256 + 256 * 128 + 128 * 64 + 64 * 32) + 2 * sum(maps)
    assert parameters(ConvolutionalDecoder((3, 17, 31), 5, 2)) == decoder + (9 * 32 + 1) * 3


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 17, 31), (2, 28, 29)])
def test_a_decoder_makes_logits_of_the_shape_that_the_encoder_takes(
    kind: str, shape: tuple[int, int, int]
) -> None:
    torch.manual_seed(0)
    encoder, decoder = (part(shape, 3, 2).eval() for part in NETWORKS[kind])
    images, condition = torch.rand(4, *shape), torch.rand(4, 3)
    codes = encoder(images, condition)
    assert codes.shape == (4, 2)
    list(decoder.parameters())[-1].data.fill_(-9)  # the last bias
    logits = decoder(codes, condition)
    assert logits.shape == images.shape
    assert logits.max() < -5


def test_the_condition_comes_as_constant_channels_beside_the_images() -> None:
    torch.manual_seed(0)
    network: Any = ConvolutionalEncoder((1, 16, 20), 2, 3).eval()
    images, condition = torch.rand(4, 1, 16, 20), torch.tensor([[1.0, 0], [0, 1], [2, 3], [0, 0]])
    beside = torch.zeros(4, 3, 16, 20)
    beside[:, 0] = images[:, 0]
    for sample, (first, second) in enumerate(condition.tolist()):
        beside[sample, 1], beside[sample, 2] = first, second
    torch.testing.assert_close(network(images, condition), network.layers(beside))


@pytest.mark.parametrize("network", [ConvolutionalEncoder, ConvolutionalDecoder])
def test_a_side_that_is_too_small_is_refused(network: type[nn.Module]) -> None:
    with pytest.raises(ModelError, match=r"images are 15x20, but .* sides of at least 16") as fault:
        network((3, 15, 20), 2, 2)
    assert fault.value.hint == "--cvae-network mlp, or --image-size 16"
