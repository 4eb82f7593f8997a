"""Tries the networks of a GAN before the long work: what does not fit is one clear line."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from xaitool.core.frozen.users_model import UsersDiscriminator, ends_in_sigmoid
from xaitool.core.models.gans.images import noise
from xaitool.errors import ModelError, XaitoolError, is_out_of_memory
from xaitool.io.damage import reason

ROUNDING = 1e-6


def probe_generator(
    name: str, generator: nn.Module, shape: tuple[int, int, int], latent: int
) -> Tensor:
    """Images that a generator makes of two samples of noise, in eval mode; its mode is restored.

    Args:
        name: How messages call it.
        generator: From standard normal noise ``(N, latent)``.
        shape: Wanted shape ``(C, H, W)`` of its images.
        latent: Number of noise values.

    Returns:
        ``(2, C, H, W)``, detached.

    Raises:
        ModelError: It fails, has nothing to train, or does not return finite images in [-1, 1].
    """
    _check_trainable(name, generator)
    wanted = f"images {(2, *shape)} in [-1, 1]"
    like = next(generator.parameters())
    images = _tried(name, generator, noise(2, latent, "probe", like=like), wanted)
    if images.shape != (2, *shape):
        raise ModelError(
            f"{name} returns {tuple(images.shape)} for noise {(2, latent)}, but {wanted} are wanted"
        )
    low, high = (float(value) for value in images.detach().aminmax())
    if low < -1 - ROUNDING or high > 1 + ROUNDING:
        raise ModelError(
            f"{name} returns values from {low:.3g} to {high:.3g}, but {wanted} are wanted",
            hint="end it with tanh",
        )
    if ends_in_sigmoid(images):
        raise ModelError(
            f"{name} ends in a sigmoid, so its images are in [0, 1], but {wanted} are wanted",
            hint="end it with tanh",
        )
    return images.detach()


def probe_discriminator(name: str, discriminator: UsersDiscriminator, images: Tensor) -> None:
    """Let a discriminator judge two images, in eval mode; its mode is restored.

    Args:
        name: How messages call it.
        discriminator: From images in [-1, 1].
        images: ``(2, C, H, W)``.

    Raises:
        ModelError: It fails, has nothing to train, or does not return one finite logit an image.
    """
    _check_trainable(name, discriminator)
    wanted = "logits (2, 1)"
    logits = _tried(name, discriminator, images, wanted)
    if ends_in_sigmoid(logits):
        raise ModelError(
            f"{name} ends in a sigmoid, so it returns probabilities, but {wanted} are wanted",
            hint="remove the sigmoid: it is part of the objective",
        )


def check_per_sample(name: str, discriminator: nn.Module) -> None:
    """Refuse a discriminator with batch normalisation.

    Args:
        name: How messages call it.
        discriminator: Looked through for such layers.

    Raises:
        ModelError: There is one.
    """
    for module in discriminator.modules():
        if isinstance(module, _BatchNorm):
            raise ModelError(
                f"{name} has {type(module).__name__}, which mixes the images of a batch, but this "
                "objective wants each judged by itself",
                hint="use layer normalisation or instance normalisation, or none",
            )


def check_single(name: str, network: nn.Module, sample: Tensor) -> None:
    """Refuse a network that does not train on a single sample; it is left as it was.

    Args:
        name: How messages call it.
        network: Tried as a copy in train mode.
        sample: Its input, a batch of one.

    Raises:
        ModelError: It fails.
    """
    try:
        with torch.no_grad():
            copy.deepcopy(network).train()(sample)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise ModelError(
            f"{name} fails on a single image in train mode ({reason(error)}), but the last step of "
            "an epoch has no more",
            hint="another --batch-size",
        ) from error


def _check_trainable(name: str, network: nn.Module) -> None:
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise ModelError(f"{name} has no parameter to train, but at least one is wanted")


def _tried(name: str, network: nn.Module, inputs: Tensor, wanted: str) -> Tensor:
    training = network.training
    try:
        with torch.enable_grad():
            output: Any = network.eval()(inputs)
        with torch.no_grad():
            # What it keeps of a pass, such as spectral normalisation's weights, must have no graph,
            # or it could not be copied.
            network(inputs)
    except XaitoolError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise ModelError(
            f"{name} fails on {tuple(inputs.shape)} ({reason(error)}), but {wanted} are wanted"
        ) from error
    finally:
        network.train(training)
    if not isinstance(output, Tensor):
        raise ModelError(f"{name} returns {type(output).__name__}, but {wanted} are wanted")
    if not output.isfinite().all():
        raise ModelError(f"{name} returns NaN or infinity, but {wanted} are wanted")
    return output
