"""Weights for a network of torchvision: its own, or a file's."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from xaitool.core.models.classifiers import torchvision_models
from xaitool.io.stored_weights import outline
from xaitool.io.weight_files import fitted, read_weights

MOST = 10_000
"""Weights of a network; those of torchvision's have a thousand at most."""


def torchvision_weights(
    name: str, file: Path | None, shape: tuple[int, int, int]
) -> dict[str, Tensor]:
    """A state dict under the names of a network of torchvision.

    Args:
        name: One of `torchvision_models.names`.
        file: As `read_weights` reads it; None: torchvision's own, downloaded where they are absent.
        shape: ``(C, H, W)`` of its images.

    Raises:
        ModelError: They cannot be downloaded or read, or are ambiguous.
    """
    if file is None:
        return torchvision_models.download_weights(name)
    weights = read_weights(file)

    def make() -> nn.Module:
        return torchvision_models.bare_network(name, 1, shape)  # names know of no classes

    names = outline(make, MOST, name)
    taken = fitted(weights, names, file)
    for one in names:  # safetensors sorts them, and the last one says how many classes there are
        if one in taken:
            taken[one] = taken.pop(one)
    return taken
