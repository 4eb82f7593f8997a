"""The counterfactual generator, against the same network written out with plain operations."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.reference.counterfactual_step import generate
from xaitool.core.models.counterfactuals.stargan import (
    ConvolutionByRows,
    CounterfactualGenerator,
    LabelledConvolution,
    ResidualBlock,
    StarGANGenerator,
)
from xaitool.errors import ModelError

SHAPES = [(1, 28, 28), (1, 7, 7), (3, 30, 33), (2, 5, 12), (1, 31, 6)]


def batch(shape: tuple[int, int, int], classes: int = 4) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(1)
    images = torch.rand(3, *shape, generator=random, dtype=torch.float64) * 2 - 1
    return images, torch.randint(0, classes, (3,), generator=random)


def network(shape: tuple[int, int, int], blocks: int = 1) -> StarGANGenerator:
    torch.manual_seed(0)
    generator = StarGANGenerator(shape, 4, width=3, blocks=blocks).double()
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if parameter.ndim == 1:
                parameter.add_(torch.randn_like(parameter) * 0.2)
            assert parameter.requires_grad, name
    return generator


@pytest.mark.parametrize("shape", SHAPES)
def test_generator_is_the_network_written_out(shape: tuple[int, int, int]):
    generator, (images, targets) = network(shape, blocks=2), batch(shape)
    images.requires_grad_()
    ours = generator(images, targets)
    plain = generate(list(generator.parameters()), images, targets, classes=4, blocks=2)
    assert ours.shape == images.shape
    torch.testing.assert_close(ours, plain, rtol=1e-9, atol=1e-12)
    direction = torch.randn_like(ours)
    wanted = [images, *generator.parameters()]
    gradients = torch.autograd.grad(ours, wanted, direction)
    others = torch.autograd.grad(plain, wanted, direction)
    for one, other in zip(gradients, others, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-7, atol=1e-9)


def test_label_shortcut_equals_the_concatenated_maps():
    layer = LabelledConvolution(2, 5, 6, (9, 12)).double()
    images, targets = torch.randn(4, 2, 9, 12, dtype=torch.float64), torch.tensor([0, 4, 4, 2])
    maps = F.one_hot(targets, 5).double()[:, :, None, None].expand(-1, -1, 9, 12)
    concatenated = layer.convolution(torch.cat([images, maps], 1))
    torch.testing.assert_close(layer(images, targets), concatenated, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
def test_convolution_by_rows_equals_the_convolution(channels: int):
    layer = ConvolutionByRows(5, channels).double()
    features = torch.randn(2, 5, 8, 11, dtype=torch.float64)
    plain = F.conv2d(features, layer.weight, padding=3)
    torch.testing.assert_close(layer(features), plain, rtol=1e-12, atol=1e-12)


def test_every_convolution_but_the_last_is_normalised_a_sample_by_itself():
    torch.manual_seed(0)
    generator = StarGANGenerator((1, 28, 28), 4, width=3, blocks=2).double()
    seen: list[Tensor] = []
    norms = [layer for layer in generator.modules() if isinstance(layer, nn.GroupNorm)]
    for norm in norms:
        # The ReLU after it writes into the same memory.
        norm.register_forward_hook(lambda module, inputs, output: seen.append(output.clone()))
    generator(*batch((1, 28, 28)))
    convolutions = [
        layer for layer in generator.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    ]
    assert len(seen) == len(norms) == len(convolutions) - 1 == 9
    for output in seen:
        zeros = torch.zeros(output.shape[:2], dtype=torch.float64)
        torch.testing.assert_close(output.mean((2, 3)), zeros, rtol=0, atol=1e-9)
        variance = output.var((2, 3), correction=0)
        torch.testing.assert_close(variance, zeros + 1, rtol=0.02, atol=0)


def test_the_second_halving_is_normalised_and_rectified_before_the_blocks():
    generator = network((1, 12, 12))
    (block,) = (layer for layer in generator.modules() if isinstance(layer, ResidualBlock))
    seen: list[Tensor] = []
    block.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].clone()))
    generator(*batch((1, 12, 12)))
    assert seen[0].shape == (3, 12, 3, 3)
    assert seen[0].min() == 0


def test_neither_the_mode_nor_the_batch_changes_an_image():
    generator, (images, targets) = network((3, 30, 33)), batch((3, 30, 33))
    together = generator(images, targets)
    assert torch.equal(generator.eval()(images, targets), together)
    for row in range(3):
        alone = generator(images[row : row + 1], targets[row : row + 1])
        torch.testing.assert_close(alone[0], together[row], rtol=1e-10, atol=1e-12)


def test_each_class_gives_another_image():
    generator, (images, _) = network((1, 28, 28)), batch((1, 28, 28))
    made = generator(images[:1].expand(4, -1, -1, -1), torch.arange(4))
    for one in range(4):
        for other in range(one):
            assert (made[one] - made[other]).abs().max() > 1e-3


def test_counterfactual_generator_is_in_pixel_space():
    generator, (images, targets) = network((1, 28, 28)), batch((1, 28, 28))
    outside = CounterfactualGenerator(generator)
    made = outside((images + 1) / 2, targets)
    torch.testing.assert_close(made * 2 - 1, generator(images, targets))
    assert made.min() >= 0
    assert made.max() <= 1
    assert next(outside.parameters()) is next(generator.parameters())


def test_state_is_parameters_alone_and_the_seed_gives_the_same():
    first, second = network((1, 28, 28)), network((1, 28, 28))
    assert first.state_dict().keys() == dict(first.named_parameters()).keys()
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_what_cannot_be_built():
    with pytest.raises(ModelError, match="images are 4x28, but") as caught:
        StarGANGenerator((1, 4, 28), 10)
    assert caught.value.hint == "--image-size makes them larger"
    for shape, classes, options in (
        ((1, 28, 28), 1, {}),
        ((0, 28, 28), 10, {}),
        ((1, 28, 28), 10, {"width": 0}),
        ((1, 28, 28), 10, {"blocks": -1}),
    ):
        with pytest.raises(ModelError, match="generator for images"):
            StarGANGenerator(shape, classes, **options)
