"""The networks of a GAN: of an architecture or a user's own, tried, and rebuilt."""

from __future__ import annotations

import copy
import functools
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from xaitool import registry
from xaitool.core.frozen.users_model import bare
from xaitool.core.guidance.guidance import Guidance
from xaitool.core.models.gans.dcgan import DCDiscriminator, DCGan, DCGenerator
from xaitool.core.models.gans.mlp_gan import MLPDiscriminator, MLPGan, MLPGenerator
from xaitool.core.training.gan_step import gan_step
from xaitool.errors import ArtifactError, ConfigError, ModelError, UnknownNameError
from xaitool.io.checkpoints import load_checkpoint, save_checkpoint
from xaitool.workflows.gans.networks import GanNetworks, gan_networks, generator_of
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
SHAPE = (1, 28, 28)
LATENT = 6
MLP = "xaitool.core.models.gans.mlp_gan:MLPGenerator"
MODULE = """
from pathlib import Path

import torch
from torch import nn

Path("loaded").touch()

def images(*layers, width=4, last=True):
    return nn.Sequential(
        nn.Linear(6, width), nn.Linear(width, 784), *([nn.Tanh()] if last else layers),
        nn.Unflatten(1, (1, 28, 28)),
    )

def plain(): return images(last=False)
def wide_range(): return images(Scaled(100.0), last=False)
def infinite(): return images(Scaled(float("inf")), last=False)
def sigmoid_images(): return images(nn.Sigmoid(), last=False)

class Scaled(nn.Module):
    def __init__(self, by):
        super().__init__()
        self.by = by
    def forward(self, x):
        return x * self.by

def critic(*layers):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 1), *layers)

def flat(): return critic(nn.Flatten(0))
def maps(): return critic(nn.Unflatten(1, (1, 1, 1)))
def two(): return nn.Sequential(nn.Flatten(), nn.Linear(784, 2))
def sigmoid(): return critic(nn.Sigmoid())
def fixed(): return critic().requires_grad_(False)
def spectral(): return images(nn.utils.spectral_norm(nn.Linear(784, 784)), nn.Tanh(), last=False)
def batch(): return critic(nn.BatchNorm1d(1))
def several(): return Pair(lambda column, x: (column, x))
def beside(): return Pair(lambda column, x: (column, x.shape))
def none(): return Pair(lambda column, x: None)
def patches(): return nn.Conv2d(1, 1, 4, 2)

class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(784, 1)
    def forward(self, x):
        return torch.sigmoid(self.linear(x.flatten(1))).view(-1)

class Pair(nn.Module):
    def __init__(self, returned):
        super().__init__()
        self.linear = nn.Linear(784, 1)
        self.returned = returned
    def forward(self, x):
        return self.returned(self.linear(x.flatten(1)), x)

class Halved(nn.Module):
    def __init__(self, in_place):
        super().__init__()
        self.linear = nn.Linear(784, 1)
        self.in_place = in_place
    def forward(self, x):
        x = x.mul_(0.5) if self.in_place else x * 0.5
        return self.linear(x.flatten(1))
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder, with a user's module that leaves a trace when it is imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.delitem(sys.modules, "own_gan", raising=False)
    Path("own_gan.py").write_text(MODULE)


def make(architecture: str = "mlp", **options: Any) -> GanNetworks:
    torch.manual_seed(0)
    return gan_networks(architecture, SHAPE, LATENT, CPU, **options)


def assert_same(one: nn.Module, other: nn.Module) -> None:
    torch.testing.assert_close(one.state_dict(), other.state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize("name", registry.names("gan"))
def test_a_registered_architecture_is_made_as_it_is(name: str) -> None:
    networks = make(name)
    torch.manual_seed(0)
    plain = registry.load("gan", name)(SHAPE, latent=LATENT)
    assert_same(networks.generator, plain.generator)
    assert_same(networks.discriminator, plain.discriminator)
    assert all(module.training for network in networks for module in network.modules())
    assert not any(p.grad is not None for network in networks for p in network.parameters())


def test_the_precision_is_the_runtimes() -> None:
    runtime = Runtime(torch.device("cpu"), torch.float64)
    networks = gan_networks("dcgan", SHAPE, LATENT, runtime)
    assert {p.dtype for network in networks for p in network.parameters()} == {torch.float64}


def test_a_generator_of_ones_own_and_the_discriminator_of_the_architecture() -> None:
    networks = make(generator_source="own_gan:images(width=5)")
    assert networks.generator[0].out_features == 5  # type: ignore[index]
    assert isinstance(networks.discriminator, MLPDiscriminator)
    assert_same(networks.discriminator, make().discriminator)


def test_a_discriminator_of_ones_own_and_the_generator_of_the_architecture() -> None:
    networks = make(discriminator_source="own_gan:critic")
    assert isinstance(networks.generator, MLPGenerator)
    assert networks.discriminator(torch.zeros(3, *SHAPE)).shape == (3, 1)


def test_both_of_ones_own_need_no_architecture_for_such_images() -> None:
    networks = gan_networks(
        "dcgan",
        (1, 5, 5),
        LATENT,
        CPU,
        generator_source=f"{MLP}((1, 5, 5), latent=6)",
        discriminator_source="xaitool.core.models.gans.mlp_gan:MLPDiscriminator((1, 5, 5))",
    )
    assert [type(bare(network)) for network in networks] == [MLPGenerator, MLPDiscriminator]


def test_a_registered_network_of_another_width_is_a_factory_too() -> None:
    source = "xaitool.core.models.gans.dcgan:DCGenerator((1, 28, 28), 6, width=2)"
    generator = make(generator_source=source).generator
    assert isinstance(generator, DCGenerator)
    assert generator.layers[2].num_features == 8


@pytest.mark.parametrize("factory", ["flat", "maps", "beside"])
def test_one_number_a_sample_becomes_a_column(factory: str) -> None:
    discriminator = make(discriminator_source=f"own_gan:{factory}").discriminator
    images = torch.randn(3, *SHAPE)
    linear = next(module for module in discriminator.modules() if isinstance(module, nn.Linear))
    torch.testing.assert_close(discriminator(images), linear(images.flatten(1)))


@pytest.mark.parametrize("objective", registry.names("objective"))
def test_a_discriminator_that_writes_into_its_images_trains_as_another(objective: str) -> None:
    networks = []
    for in_place in (True, False):
        pair = make(discriminator_source=f"own_gan:Halved({in_place})")
        first, second = (torch.optim.SGD(one.parameters(), 0.1) for one in pair)
        random = torch.Generator().manual_seed(0)
        real, noise = torch.rand(4, *SHAPE, generator=random), torch.randn(4, LATENT)
        guide = functools.partial(Guidance("shap").guided, discriminator=pair.discriminator)
        gan_step(
            *pair, (first, second), real, noise.fill_(1), registry.load("objective", objective)(),
            random, guide=guide, critic_steps=2,
        )  # fmt: skip
        networks.append(pair)
    for one, other in zip(*networks, strict=True):
        assert_same(one, other)


def test_where_each_image_is_judged_by_itself_there_is_no_batch_normalisation() -> None:
    assert _normalised(make("dcgan").discriminator)
    networks = make("dcgan", per_sample_critic=True)
    assert isinstance(networks.discriminator, DCDiscriminator)
    assert not _normalised(networks.discriminator)
    assert _normalised(networks.generator)
    assert isinstance(make(per_sample_critic=True).discriminator, MLPDiscriminator)
    with pytest.raises(ModelError, match=r"'own_gan:batch' has BatchNorm1d, which mixes the"):
        make(discriminator_source="own_gan:batch", per_sample_critic=True)
    make(discriminator_source="own_gan:batch")


def test_a_generator_that_keeps_its_last_weights_can_still_be_copied() -> None:
    generator = make(generator_source="own_gan:spectral").generator
    noise = torch.randn(2, LATENT)
    copied = copy.deepcopy(generator).eval()
    torch.testing.assert_close(copied(noise), generator.eval()(noise))


def _normalised(network: nn.Module) -> bool:
    return any(isinstance(module, nn.BatchNorm2d) for module in network.modules())


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        (f"{MLP}((3, 4, 4), 6)", r"returns \(2, 3, 4, 4\) for noise \(2, 6\), but images", None),
        (f"{MLP}((1, 28, 28), 7)", r"fails on \(2, 6\) \(RuntimeError: .*\), but images", None),
        ("own_gan:wide_range", r"values from -\d+ to \d+, but images", "end it with tanh"),
        ("own_gan:infinite", "returns NaN or infinity, but images", None),
        ("own_gan:sigmoid_images", r"in a sigmoid, .* \[0, 1\], but images", "end it with tanh"),
        ("torch.nn:Identity", "has no parameter to train, but at least one", None),
        ("own_gan_absent:images", "ModuleNotFoundError", None),
        ("torch:zeros(2)", "returned Tensor, but an nn.Module is wanted", None),
    ],
)
def test_a_generator_that_does_not_fit(source: str, message: str, hint: str | None) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        make(generator_source=source)
    assert caught.value.hint == hint
    assert source.partition("(")[0] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("own_gan:two", r"returns \(2, 2\) for images \(2, 1, 28, 28\), but logits \(2, 1\) are"),
        ("own_gan:patches", r"returns \(2, 1, 13, 13\) for images"),
        ("own_gan:sigmoid", "ends in a sigmoid, so it returns probabilities, but logits"),
        ("own_gan:Functional", "ends in a sigmoid, so it returns probabilities, but logits"),
        ("own_gan:several", r"returns a tuple of \(2, 1\) and .* but logits alone"),
        ("own_gan:none", "returns NoneType for images"),
        ("own_gan:fixed", "has no parameter to train"),
        ("torch.nn:Linear(3, 1)", r"fails on \(2, 1, 28, 28\) \(RuntimeError"),
    ],
)
def test_a_discriminator_that_does_not_fit(source: str, message: str) -> None:
    with pytest.raises(ModelError, match=f"^discriminator .*{message}") as caught:
        make(discriminator_source=source)
    assert "\n" not in str(caught.value)


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(UnknownNameError, match="unknown gan 'dgcan'; did you mean 'dcgan'"):
        make("dgcan")


def checkpoint(gan: nn.Module, **changes: Any) -> dict[str, Any]:
    """What a training saves, read back from a file."""
    content = {
        "architecture": "mlp",
        "generator_source": None,
        "discriminator_source": None,
        "shape": list(SHAPE),
        "latent": LATENT,
        "state": {"generator": gan.state_dict(), "average": None},
    } | changes
    save_checkpoint(Path("gan.pt"), "gan", content)
    return load_checkpoint(Path("gan.pt"), kind="gan")


def other_than(generator: nn.Module) -> AveragedModel:
    """A running mean of weights that are not the generator's."""
    average = AveragedModel(generator)
    with torch.no_grad():
        for parameter in average.module.parameters():
            parameter.add_(1)
    return average


@pytest.mark.parametrize(("name", "kind"), [("mlp", MLPGan), ("dcgan", DCGan)])
def test_a_registered_generator_is_rebuilt(name: str, kind: type[MLPGan | DCGan]) -> None:
    generator = kind(SHAPE, LATENT).generator
    rebuilt = generator_of(checkpoint(generator, architecture=name))
    assert_same(rebuilt, generator)
    assert not any(module.training for module in rebuilt.modules())
    old = checkpoint(generator, architecture=name)
    del old["generator_source"], old["state"]["average"]
    assert_same(generator_of(old), generator)


def test_the_running_mean_is_what_is_used_in_either_form() -> None:
    generator = DCGan(SHAPE, LATENT).generator
    average = other_than(generator)
    for state in (average.state_dict(), average.module.state_dict()):
        both = {"generator": generator.state_dict(), "average": state}
        rebuilt = generator_of(checkpoint(generator, architecture="dcgan", state=both))
        assert_same(rebuilt, average.module)


def test_code_loads_only_where_the_flag_names_it() -> None:
    generator = make(generator_source="own_gan:images").generator
    source = "own_gan:images"
    saved = checkpoint(generator, generator_source=source)
    Path("loaded").unlink()
    del sys.modules["own_gan"]
    with pytest.raises(ArtifactError, match=r"was made by 'own_gan:images', but code is") as caught:
        generator_of(saved)
    assert caught.value.hint == "if you trust it, type --generator own_gan:images"
    assert not Path("loaded").exists()
    assert_same(generator_of(saved, source), generator)
    assert Path("loaded").exists()


def test_a_recorded_source_stays_on_one_line() -> None:
    saved = checkpoint(MLPGan(SHAPE, LATENT).generator, generator_source="a:b\n\x1b[2Jerror: c")
    with pytest.raises(ArtifactError) as caught:
        generator_of(saved)
    assert str(caught.value).isprintable()


def test_a_flag_for_a_registered_generator_is_refused() -> None:
    saved = checkpoint(MLPGan(SHAPE, LATENT).generator)
    with pytest.raises(ConfigError, match=r"--generator is 'own_gan:images', but .* of mlp"):
        generator_of(saved, "own_gan:images")
    assert not Path("loaded").exists()


def test_another_function_than_the_one_that_was_trained() -> None:
    generator = make(generator_source="own_gan:images").generator
    saved = checkpoint(generator, generator_source="own_gan:images")
    with pytest.raises(
        ModelError, match=r"does not fit the GAN's weights \(RuntimeError: .*\), bu"
    ):
        generator_of(saved, "own_gan:images(width=5)")
