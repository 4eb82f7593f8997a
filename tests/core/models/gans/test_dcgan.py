"""The convolutional GAN, against its networks written out with plain operations."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.attribution.deeplift import DeepLift
from xaitool.core.models.gans.dcgan import DCDiscriminator, DCGan, DCGenerator
from xaitool.core.score import Score
from xaitool.errors import ConfigError, ModelError

SHAPES = [(1, 28, 28), (3, 32, 32), (1, 48, 48), (3, 64, 64), (3, 29, 61), (1, 47, 33)]


def images(shape: tuple[int, int, int], count: int = 4) -> Tensor:
    random = torch.Generator().manual_seed(1)
    return torch.rand(count, *shape, generator=random, dtype=torch.float64) * 2 - 1


def gan(shape: tuple[int, int, int], **options: object) -> DCGan:
    """A narrow one whose running statistics and biases are not those of the start."""
    torch.manual_seed(0)
    made = DCGan(shape, 5, width=3, **options).double()  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.ndim > 1:
                parameter.mul_(10)  # so that tanh and the leaky slope matter
            else:
                parameter.add_(0.3 * torch.randn_like(parameter))
        for name, buffer in made.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_()
            elif name.endswith("running_var"):
                buffer.uniform_(0.5, 2)
    return made


def normalised(features: Tensor, layer: nn.Module, batch: bool) -> Tensor:
    """The formula of batch normalisation, by the batch or by running statistics."""
    assert isinstance(layer, nn.BatchNorm2d)
    mean, variance = layer.running_mean, layer.running_var
    if batch:
        mean = features.mean((0, 2, 3))
        variance = features.var((0, 2, 3), correction=0)
    assert mean is not None
    assert variance is not None
    columns = (layer.weight / (variance + layer.eps).sqrt(), layer.bias, mean)
    scale, shift, mean = (column[:, None, None] for column in columns)
    return (features - mean) * scale + shift


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_and_range(shape: tuple[int, int, int]):
    made = registry.load("gan", "dcgan")(shape, latent=7)
    noise = torch.randn(3, 7)
    for training in (True, False):
        made.train(training)
        generated = made.generator(noise)
        assert generated.shape == (3, *shape)
        assert generated.abs().max() <= 1
        assert made.discriminator(generated).shape == (3, 1)


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("shape", [(1, 28, 28), (2, 31, 50)])
def test_generator_is_the_formula(shape: tuple[int, int, int], batch: bool):
    generator = gan(shape).generator.train(batch)
    noise = torch.randn(4, 5, dtype=torch.float64)
    project, _, first, *layers = generator.layers
    assert isinstance(project, nn.Linear)
    x = (noise @ project.weight.T).view(4, 12, shape[1] // 8, shape[2] // 8)
    x = normalised(x, first, batch).relu()
    transposed = [layer for layer in layers if isinstance(layer, nn.ConvTranspose2d)]
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    sides = [(shape[1] // 4, shape[2] // 4), (shape[1] // 2, shape[2] // 2), shape[1:]]
    for layer, (height, width) in zip(transposed, sides, strict=True):
        # A transposed convolution is the gradient of a convolution.
        start = torch.zeros(4, layer.out_channels, height, width, dtype=torch.float64)
        start.requires_grad_()
        convolved = F.conv2d(start, layer.weight, stride=2, padding=1)
        (x,) = torch.autograd.grad(convolved, start, x)
        if layer is transposed[-1]:
            assert layer.bias is not None
            x = torch.tanh(x + layer.bias[:, None, None])
        else:
            assert layer.bias is None
            x = normalised(x, norms.pop(0), batch).relu()
    torch.testing.assert_close(generator(noise), x, rtol=1e-9, atol=1e-12)
    assert not norms


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("critic_norm", ["batch", "none"])
def test_discriminator_is_the_formula_and_returns_logits(critic_norm: str, batch: bool):
    discriminator = gan((1, 28, 28), critic_norm=critic_norm).discriminator.train(batch)
    x = inputs = images((1, 28, 28))
    layers = list(discriminator.layers)
    last = layers[-1]
    assert isinstance(last, nn.Linear)
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    assert len(norms) == (2 if critic_norm == "batch" else 0)
    for level, layer in enumerate(one for one in layers if isinstance(one, nn.Conv2d)):
        windows = F.unfold(x, 4, padding=1, stride=2)
        x = layer.weight.flatten(1) @ windows
        if layer.bias is not None:
            x = x + layer.bias[:, None]
        x = x.unflatten(2, (28 // 2 ** (level + 1), -1))
        if level and norms:
            x = normalised(x, norms[level - 1], batch)
        x = torch.where(x > 0, x, 0.2 * x)
    expected = x.flatten(1) @ last.weight.T + last.bias
    torch.testing.assert_close(discriminator(inputs), expected, rtol=1e-9, atol=1e-12)
    with torch.no_grad():
        last.bias.fill_(1e3)
    assert discriminator(inputs).min() > 1


@pytest.mark.parametrize("critic_norm", ["batch", "none"])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 33, 48)])
def test_deeplift_explains_the_discriminator_with_no_gap(
    shape: tuple[int, int, int], critic_norm: str
):
    discriminator = gan(shape, critic_norm=critic_norm).discriminator.train()
    inputs = images(shape)
    references = -inputs.flip(0)[:, None]
    column = torch.zeros(len(inputs), dtype=torch.int64)
    attribution = DeepLift(discriminator).attribute(inputs, Score(column), references)
    change = attribution.score_input - attribution.score_baseline
    assert change.abs().min() > 1e-3
    assert attribution.completeness_gap.abs().max() <= 1e-9
    assert discriminator.training


def test_the_network_of_the_authors_code():
    made = DCGan((3, 64, 64), width=64)
    convolutions = [one for one in made.discriminator.modules() if isinstance(one, nn.Conv2d)]
    assert [one.out_channels for one in convolutions] == [64, 128, 256, 512]
    back = [one for one in made.generator.modules() if isinstance(one, nn.ConvTranspose2d)]
    assert [one.out_channels for one in back] == [256, 128, 64, 3]
    # The projection is a transposed 4x4 convolution of 1x1 maps to 512 x 4 x 4.
    generator = sum(parameter.numel() for parameter in made.generator.parameters())
    maps = [512, 256, 128, 64]
    weights = 100 * 512 * 16 + 16 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
    assert generator == weights + 2 * sum(maps) + 3
    discriminator = sum(parameter.numel() for parameter in made.discriminator.parameters())
    weights = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512) + 512 * 16
    assert discriminator == weights + 64 + 2 * (128 + 256 + 512) + 1


def test_weights_start_as_the_paper_says():
    torch.manual_seed(0)
    made = DCGan((1, 64, 64), width=32)
    for module in made.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            deviation = module.weight.std().item()
            # Five standard errors of a standard deviation.
            assert abs(deviation / 0.02 - 1) < 5 / (2 * module.weight.numel()) ** 0.5
            assert module.bias is None or not module.bias.any()
        if isinstance(module, nn.BatchNorm2d):
            assert abs(module.weight.mean().item() - 1) < 5 * 0.02 / module.weight.numel() ** 0.5
            assert 0 < module.weight.std().item() < 0.04
            assert not module.bias.any()


def test_without_batch_normalisation_each_image_is_judged_by_itself():
    inputs = images((1, 28, 28))
    for critic_norm, alike in (("none", True), ("batch", False)):
        discriminator = gan((1, 28, 28), critic_norm=critic_norm).discriminator.train()
        together, alone = discriminator(inputs)[:2], discriminator(inputs[:2])
        assert torch.allclose(together, alone, rtol=1e-9) is alike


def test_seed_gives_the_same_networks():
    for one, other in zip(
        gan((1, 28, 28)).parameters(), gan((1, 28, 28)).parameters(), strict=True
    ):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("shape", "hint"),
    [((1, 27, 27), 28), ((3, 65, 65), 64), ((1, 28, 65), 64), ((1, 20, 64), 28)],
)
def test_sides_out_of_range(shape: tuple[int, int, int], hint: int):
    for network in (DCGan, DCGenerator, DCDiscriminator):
        with pytest.raises(ModelError, match=r"but dcgan wants sides from 28 to 64\n") as caught:
            network(shape)
        assert caught.value.hint == f"--image-size {hint}"


def test_what_cannot_be_built():
    with pytest.raises(ModelError, match="from 0 noise values with width 32, but"):
        DCGan((1, 28, 28), latent=0)
    with pytest.raises(ModelError, match="with width 0, but"):
        DCGan((1, 28, 28), width=0)
    with pytest.raises(ConfigError, match="critic_norm is 'layer', but batch or none is wanted"):
        DCGan((1, 28, 28), critic_norm="layer")
