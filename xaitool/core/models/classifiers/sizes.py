"""Checks and sizes that the classifiers share."""

from __future__ import annotations

from collections.abc import Sequence

from xaitool.errors import ModelError


def check_classifier(
    network: str,
    shape: tuple[int, int, int],
    classes: int,
    mean: Sequence[float],
    standard_deviation: Sequence[float],
) -> None:
    """Refuse what no classifier can be built for.

    Raises:
        ModelError: There is no class, or the normalisation does not fit the image channels.
    """
    if classes < 1:
        raise ModelError(f"{network} for {classes} classes, but at least 1 is wanted")
    if not len(mean) == len(standard_deviation) == shape[0] or min(standard_deviation) <= 0:
        raise ModelError(
            f"{network} for {shape[0]} channels has mean {tuple(mean)} and standard deviation "
            f"{tuple(standard_deviation)}, but one mean and one positive deviation a channel are "
            "wanted"
        )


def size_after(
    network: str, shape: tuple[int, int, int], layers: Sequence[tuple[int, int, int]]
) -> int:
    """Number of positions in the last feature map of convolutions and poolings.

    Args:
        network: How the message calls it.
        shape: Image shape ``(C, H, W)``.
        layers: ``(kernel, stride, padding)`` of each layer, for both sides.

    Raises:
        ModelError: A feature map would be empty.
    """
    height, width = shape[1:]
    for kernel, stride, padding in layers:
        height = (height + 2 * padding - kernel) // stride + 1
        width = (width + 2 * padding - kernel) // stride + 1
        if min(height, width) < 1:
            raise ModelError(
                f"images are {shape[1]}x{shape[2]}, but {network} wants larger ones",
                hint="--image-size makes them larger",
            )
    return height * width
