"""Labelled images from which a baseline chooses."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from xaitool.errors import DataError, ShapeError


class LabelledImages(Protocol):
    """What a baseline wants of a dataset; every dataset of xaitool is one.

    Attributes:
        labels: int64 ``(M,)`` on the CPU.
    """

    labels: Tensor

    def images(self, indices: Tensor, /) -> Tensor:
        """Images at these indices, int64 ``(B,)`` on the CPU: ``(B, C, H, W)`` in [0, 1]."""


def indices_of(data: LabelledImages, label: int) -> Tensor:
    """Where the images of a class are, ascending, int64 ``(B,)`` on the CPU.

    Raises:
        DataError: There is none.
    """
    indices = (data.labels == label).nonzero().squeeze(1)
    if not len(indices):
        raise DataError(
            f"the dataset has no image of class {label}, but the baseline looks for one"
        )
    return indices


def images_like(data: LabelledImages, indices: Tensor, images: Tensor) -> Tensor:
    """Images of `data`, of the dtype and on the device of `images`.

    Args:
        data: To read from.
        indices: int64 ``(B,)``, on any device.
        images: ``(N, C, H, W)``.

    Returns:
        ``(B, C, H, W)``.

    Raises:
        ShapeError: They are of another shape than `images`.
    """
    chosen = data.images(indices.cpu())
    if chosen.shape[1:] != images.shape[1:]:
        raise ShapeError(
            f"images are {tuple(images.shape[1:])}, but those of the dataset are "
            f"{tuple(chosen.shape[1:])}"
        )
    return chosen.to(images)
