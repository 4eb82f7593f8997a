"""The two networks of a GAN, of a registered architecture or a user's own, and its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple, NotRequired, TypedDict

from torch import Tensor, nn

from xaitool import registry
from xaitool.core.frozen.users_model import UsersDiscriminator
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ArtifactError, ConfigError, ModelError
from xaitool.io.checkpoints import load_checkpoint
from xaitool.io.damage import damage_as_error, reason
from xaitool.io.plain import Positive, Shape
from xaitool.io.stored_weights import rebuilt
from xaitool.workflows.configs.train_gan import TrainGanConfig
from xaitool.workflows.features.source import ImageFeatures
from xaitool.workflows.gans.probe import check_per_sample, probe_discriminator, probe_generator
from xaitool.workflows.models.datasets import data_record
from xaitool.workflows.models.factory import make_model
from xaitool.workflows.runs.runtime import Runtime

KIND = "gan"


class _Training(TypedDict):
    dataset: str
    image_size: Positive | None
    classes: list[str] | None
    label: NotRequired[str | None]
    features: NotRequired[str | None]


class _Judged(TypedDict):
    network: str
    sha256: str
    images: NotRequired[str]


class _State(TypedDict):
    generator: dict[str, Tensor]
    average: NotRequired[dict[str, Tensor] | None]


class JudgedGan(TypedDict):
    """What of a GAN's checkpoint says by what it was judged."""

    dataset_digest: NotRequired[str]
    features: NotRequired[_Judged | None]


class SavedGan(JudgedGan):
    """What of a GAN's checkpoint makes its generator, and says how it was trained."""

    architecture: str
    generator_source: NotRequired[str | None]
    shape: Shape
    latent: Positive
    config: _Training
    state: _State


def describe(config: TrainGanConfig, dataset: ImageDataset) -> dict[str, Any]:
    """What a GAN's checkpoint says beside options, position and state."""
    return {
        "architecture": config.architecture,
        "generator_source": config.generator,
        "discriminator_source": config.discriminator,
        "shape": list(dataset.shape),
        "latent": config.latent,
        "classes": list(dataset.classes),
        **data_record(dataset),
    }


def describe_judge(features: ImageFeatures, images: ImageDataset) -> dict[str, Any]:
    """What it says more of one that is judged: by which network, and against which images."""
    return {
        "features": {
            "network": features.name,
            "sha256": features.sha256,
            "accuracy": features.accuracy,
            "images": images.digest,
        }
    }


class GanNetworks(NamedTuple):
    """Both networks of a GAN.

    Attributes:
        generator: From standard normal noise ``(N, latent)`` to images ``(N, C, H, W)`` in [-1, 1].
        discriminator: From such images to logits ``(N, 1)``.
    """

    generator: nn.Module
    discriminator: nn.Module


def gan_networks(
    architecture: str,
    shape: tuple[int, int, int],
    latent: int,
    runtime: Runtime,
    *,
    generator_source: str | None = None,
    discriminator_source: str | None = None,
    per_sample_critic: bool = False,
) -> GanNetworks:
    """Make both networks, and try them on two samples.

    Their weights come from torch's global random generator: seed it before.

    Args:
        architecture: A registered name; of what no source is given for.
        shape: ``(C, H, W)`` of the images.
        latent: Number of noise values.
        runtime: Where they compute, and in which precision.
        generator_source: ``package.module:factory``, with plain arguments or none: a function that
            returns a generator as `GanNetworks` has it.
        discriminator_source: The same for the discriminator, which may return its one number a
            sample in any shape, such as ``(N,)`` or ``(N, 1, 1, 1)``.
        per_sample_critic: Whether every image has to be judged by itself, see `GanObjective`: a
            registered architecture then leaves batch normalisation out of its discriminator.

    Raises:
        ModelError: A network cannot be made, has nothing to train, fails, returns NaN, infinity or
            probabilities, does not fit the images, or mixes a batch where it should not.
        UnknownNameError: There is no such architecture.
    """
    sources = generator_source, discriminator_source
    made = _made(architecture, shape, latent, sources, per_sample_critic)
    generator, discriminator = (runtime.place(network) for network in made)
    of_generator = _name("generator", generator_source, architecture)
    of_discriminator = _name("discriminator", discriminator_source, architecture)
    images = probe_generator(of_generator, generator, shape, latent)
    users = UsersDiscriminator(discriminator, of_discriminator)
    probe_discriminator(of_discriminator, users, images)
    if per_sample_critic:
        check_per_sample(of_discriminator, discriminator)
    return GanNetworks(generator, discriminator if discriminator_source is None else users)


def load_gan(
    path: Path, generator_source: str | None, runtime: Runtime
) -> tuple[nn.Module, dict[str, Any]]:
    """A GAN's generator, where it computes, and what its checkpoint says.

    Args:
        path: A checkpoint or run of ``train-gan``.
        generator_source: As in `generator_of`.
        runtime: Where it computes.

    Raises:
        ArtifactError: It is absent, damaged, of another kind or version, or as in `generator_of`.
        ConfigError, ModelError: As in `generator_of`.
    """
    checkpoint = load_checkpoint(path, kind=KIND, schema=SavedGan)
    with damage_as_error(path):
        return runtime.place(generator_of(checkpoint, generator_source)), checkpoint


def generator_of(checkpoint: Mapping[str, Any], generator_source: str | None = None) -> nn.Module:
    """The generator of a checkpoint, with the running mean of its weights where there is one.

    Args:
        checkpoint: Of kind ``gan``: ``architecture``, ``shape``, ``latent``, ``state`` with
            ``generator`` and at most ``average`` (of `AveragedModel`, of the network itself, or
            None), and ``generator_source`` where a user's own function made it.
        generator_source: ``package.module:factory`` as this command's ``--generator`` names it. A
            file alone never makes code load.

    Returns:
        In eval mode, on the CPU.

    Raises:
        ArtifactError: A user's own function made it, and none is given.
        ConfigError: One is given where none made it.
        ModelError: The function's network does not fit the weights or the images.
        KeyError, TypeError, ValueError, RuntimeError: The checkpoint is damaged.
    """
    recorded = checkpoint.get("generator_source")
    _check_source(recorded, generator_source, checkpoint["architecture"])
    shape, latent = tuple(checkpoint["shape"]), checkpoint["latent"]
    name = _name("generator", generator_source, checkpoint["architecture"])
    weights = _weights(checkpoint["state"])
    generator: nn.Module
    if generator_source is None:
        generator = rebuilt(
            lambda: _registered(checkpoint["architecture"], shape, latent).generator,
            weights,
            "the GAN's checkpoint",
        )
    else:
        generator = make_model(generator_source)
        _fill(name, generator, weights)
    probe_generator(name, generator, shape, latent)
    return generator.eval()


def _made(
    architecture: str,
    shape: tuple[int, int, int],
    latent: int,
    sources: tuple[str | None, str | None],
    per_sample_critic: bool,
) -> list[nn.Module]:
    """Generator and discriminator; the architecture is not built where it gives neither."""
    gan = None
    if None in sources:
        gan = _registered(architecture, shape, latent, per_sample_critic=per_sample_critic)
    return [
        getattr(gan, role) if source is None else make_model(source)
        for role, source in zip(GanNetworks._fields, sources, strict=True)
    ]


def _registered(
    architecture: str,
    shape: tuple[int, int, int],
    latent: int,
    *,
    per_sample_critic: bool = False,
) -> Any:
    kind = registry.load("gan", architecture)
    options = getattr(kind, "per_sample_options", {}) if per_sample_critic else {}
    return kind(shape, latent=latent, **options)


def _name(role: str, source: str | None, architecture: str) -> str:
    return f"{role} of {architecture}" if source is None else f"{role} '{source}'"


def _check_source(recorded: Any, given: str | None, architecture: str) -> None:
    if recorded is not None and given is None:
        raise ArtifactError(
            f"the GAN's generator was made by {recorded!r}, but code is loaded only where "
            "--generator names it",
            hint=f"if you trust it, type --generator {quote(str(recorded))}",
        )
    if recorded is None and given is not None:
        raise ConfigError(
            f"--generator is '{given}', but the GAN's generator is that of {architecture}",
            hint="leave --generator out",
        )


def _weights(state: Mapping[str, Any]) -> dict[str, Tensor]:
    average = state.get("average")
    if average is None:
        return dict(state["generator"])
    if "n_averaged" not in average:
        return dict(average)
    prefix = "module."
    return {
        name.removeprefix(prefix): value
        for name, value in average.items()
        if name.startswith(prefix)
    }


def _fill(name: str, generator: nn.Module, weights: dict[str, Tensor]) -> None:
    try:
        generator.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelError(
            f"{name} does not fit the GAN's weights ({reason(error)}), but the one that was "
            "trained is wanted"
        ) from error
