"""Images that a call from Python gives: checked, and with labels a dataset."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.baselines.labelled import LabelledImages
from xaitool.errors import ShapeError

_SHAPES = {3: "(C, H, W)", 4: "(N, C, H, W)", 5: "(N, R, C, H, W)"}


@dataclass
class _Labelled:
    """Images and labels as a dataset."""

    pixels: Tensor
    labels: Tensor

    def images(self, indices: Tensor, /) -> Tensor:
        return self.pixels[indices.to(self.pixels.device)]


def labelled_images(data: LabelledImages | tuple[Tensor, Tensor] | None) -> LabelledImages | None:
    """A dataset of images ``(M, C, H, W)`` in [0, 1] and labels ``(M,)``, or what is one already.

    Raises:
        ShapeError: They are not that.
    """
    if not isinstance(data, tuple):
        return data
    images, labels = data
    check_pixels("the data's images", images, 4)
    if labels.shape != (len(images),):
        raise ShapeError(
            f"the data's labels are {tuple(labels.shape)}, but one for each of {len(images)} "
            "images is wanted"
        )
    return _Labelled(images, labels.to("cpu"))


def check_pixels(name: str, images: Tensor, *dimensions: int, none: bool = False) -> None:
    """Refuse what are no images in [0, 1].

    Args:
        name: How the message calls them.
        images: What the caller gave.
        *dimensions: How many they may have: 3, 4 or 5.
        none: Whether there may be no images at all.

    Raises:
        ShapeError: Another type, shape or range.
    """
    if not isinstance(images, Tensor):
        raise ShapeError(f"{name} are a {type(images).__name__}, but a torch.Tensor is wanted")
    if images.ndim not in dimensions:
        wanted = " or ".join(_SHAPES[number] for number in dimensions)
        raise ShapeError(
            f"{name} are {tuple(images.shape)}, but {wanted} is wanted",
            hint="image[None] is a batch of one image" if images.ndim == 3 else None,
        )
    counted = images.shape[1:] if none else images.shape
    if not images.is_floating_point() or not counted.numel():
        raise ShapeError(
            f"{name} are {images.dtype} {tuple(images.shape)}, but floating pixels are wanted",
            hint="images / 255 are floating" if images.dtype == torch.uint8 else None,
        )
    if not len(images):
        return
    least, most = (bound.item() for bound in torch.aminmax(images.detach()))
    if not (least >= 0 and most <= 1):
        raise ShapeError(
            f"{name} are from {least:.3g} to {most:.3g}, but pixels in [0, 1] are wanted",
            hint="leave normalisation to the model: nn.Sequential(Normalise(mean, deviation), "
            "model), from xaitool.core.models.normalise",
        )
