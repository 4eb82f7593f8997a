from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from xaitool import registry
from xaitool.core.models.gans.mlp_gan import MLPDiscriminator, MLPGan, MLPGenerator
from xaitool.errors import ModelError


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 5, 7)])
def test_parameter_counts(shape: tuple[int, int, int]):
    gan = registry.load("gan", "mlp")(shape)
    pixels = shape[0] * shape[1] * shape[2]
    hidden = 257 * 512 + 513 * 1024
    generator = sum(parameter.numel() for parameter in gan.generator.parameters())
    assert generator == 101 * 256 + hidden + 1025 * pixels
    discriminator = sum(parameter.numel() for parameter in gan.discriminator.parameters())
    assert discriminator == (pixels + 1) * 1024 + 1025 * 512 + 513 * 256 + 257


def test_generator_is_the_formula():
    generator = MLPGenerator((1, 3, 4), latent=5).double()
    noise = torch.randn(6, 5, dtype=torch.float64)
    weights = list(generator.parameters())
    x = noise
    for weight, bias in zip(weights[:6:2], weights[1:6:2], strict=True):
        x = F.leaky_relu(x @ weight.T + bias, 0.2)
    expected = torch.tanh(x @ weights[6].T + weights[7]).view(6, 1, 3, 4)
    torch.testing.assert_close(generator(noise), expected)
    assert generator(noise * 1e6).abs().max() <= 1


def test_discriminator_is_the_formula_and_returns_logits():
    discriminator = MLPDiscriminator((1, 3, 4)).double().eval()
    images = torch.rand(6, 1, 3, 4, dtype=torch.float64) * 2 - 1
    weights = list(discriminator.parameters())
    x = images.flatten(1)
    for weight, bias in zip(weights[:6:2], weights[1:6:2], strict=True):
        x = F.leaky_relu(x @ weight.T + bias, 0.2)
    torch.testing.assert_close(discriminator(images), x @ weights[6].T + weights[7])
    with torch.no_grad():
        weights[7].fill_(30.0)
    assert discriminator(images).min() > 1


def test_dropout_is_after_each_hidden_layer():
    layers = list(MLPDiscriminator((1, 3, 4)).layers)
    kinds = "".join(type(layer).__name__[:2] for layer in layers)
    assert kinds == "Fl" + "LiLeDr" * 3 + "Li"
    assert {layer.p for layer in layers if isinstance(layer, torch.nn.Dropout)} == {0.3}


def test_seed_gives_the_same_networks():
    torch.manual_seed(4)
    first = MLPGan((1, 4, 4))
    torch.manual_seed(4)
    second = MLPGan((1, 4, 4))
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_what_cannot_be_built():
    with pytest.raises(ModelError, match="from 0 noise values, but"):
        MLPGan((1, 4, 4), latent=0)
    with pytest.raises(ModelError, match=r"GAN for images .1, 0, 4. from"):
        MLPGan((1, 0, 4))
