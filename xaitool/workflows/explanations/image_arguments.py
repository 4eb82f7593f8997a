"""Images that a call from Python gives: tensors, NumPy arrays, PIL images, and lists of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from xaitool.core.baselines.labelled import LabelledImages
from xaitool.data.files.images import as_eight_bit, to_tensor
from xaitool.errors import ShapeError
from xaitool.workflows.runs.runtime import Runtime

Picture: TypeAlias = Tensor | NDArray[Any] | Image.Image
Images: TypeAlias = Picture | Sequence[Picture]
"""Images in whatever people hold them in; `image_batch` has the rules."""

Labels: TypeAlias = Tensor | NDArray[Any] | Sequence[int]
Shape: TypeAlias = tuple[int, ...]

CPU = Runtime(torch.device("cpu"), torch.float32)
WANTED = "tensors, NumPy arrays or PIL images are wanted"


@dataclass
class _Labelled:
    """Images and labels as a dataset."""

    pixels: Tensor
    labels: Tensor

    def images(self, indices: Tensor, /) -> Tensor:
        return self.pixels[indices.to(self.pixels.device)]


def home(model: nn.Module) -> Runtime:
    """Where a model computes, and in which dtype: those of its first weights, else float32."""
    for weights in chain(model.parameters(), model.buffers()):
        if weights.is_floating_point():
            return Runtime(weights.device, weights.dtype)
    return CPU


def image_batch(name: str, given: Images, runtime: Runtime, *, none: bool = False) -> Tensor:
    """Images as a tensor ``(N, C, H, W)`` in [0, 1].

    - A tensor is ``(N, C, H, W)``, or one image ``(C, H, W)``, and stays where it is.
    - A NumPy array has its channels, 1 or 3, last, ``(N, H, W, C)`` or ``(H, W, C)``; if they
      are not there, they come before height and width, as in a tensor. ``(H, W)`` is one grey
      image.
    - A PIL image is read as ``xaitool explain`` reads its file: upright, 8 bits, grey or colour,
      on white where it is transparent.
    - A list has one image each, all of one shape.

    uint8 is divided by 255; what is floating is in [0, 1] already.

    Args:
        name: How messages call them.
        given: The images.
        runtime: Where arrays and PIL images go, and the dtype of all that is not floating yet.
        none: Whether there may be no images at all.

    Raises:
        ShapeError: They are no such images.
    """
    if isinstance(given, list | tuple):
        images = _stacked(name, given, runtime)
    else:
        images = _tensor(name, given, runtime, _is_picture)
    if images.ndim == 3:
        images = images[None]
    check_pixels(name, images, 4, none=none)
    return images


def image_names(given: Images, count: int) -> list[str]:
    """The files that PIL images were opened from; ``input N`` for all others."""
    each = given if isinstance(given, list | tuple) else [given]
    files = [str(getattr(one, "filename", "")) for one in each] + [""] * (count - len(each))
    return [file or f"input {place}" for place, file in enumerate(files[:count])]


def fitting_images(name: str, given: Images, shape: Shape, runtime: Runtime) -> Tensor:
    """Images that belong to others: ``(C, H, W)``, ``(N, C, H, W)`` or ``(N, R, C, H, W)``.

    As `image_batch`, but each dimension may be 1 and is then repeated, such as ``(C, 1, 1)`` for a
    colour; and an array's channels are where that makes it fit, last if both do.

    Args:
        name: How messages call them.
        given: The images.
        shape: ``(N, C, H, W)`` of the others.
        runtime: As of `image_batch`.

    Returns:
        ``(1, C, H, W)``, ``(N, C, H, W)`` or ``(N, R, C, H, W)``, an expanded view.

    Raises:
        ShapeError: They do not fit, or are no pixels.
    """
    samples, *image = shape

    def whole(found: Shape) -> Shape:
        return {
            3: (*image,),
            4: (1 if found[0] == 1 else samples, *image),
            5: (samples, *found[1:2], *image),
        }.get(len(found), ())

    def fits(found: Shape) -> bool:
        wanted = whole(found)
        return bool(wanted) and all(
            one in (1, other) for one, other in zip(found, wanted, strict=True)
        )

    if isinstance(given, list | tuple):
        images = _stacked(name, given, runtime)
    else:
        images = _tensor(name, given, runtime, fits)
    check_pixels(name, images, 3, 4, 5)
    if not fits(tuple(images.shape)):
        raise ShapeError(
            f"{name} are {tuple(images.shape)}, but what fits inputs {shape} is wanted: "
            "(C, H, W), (N, C, H, W) or (N, R, C, H, W), each dimension as theirs or 1"
        )
    expanded = images.expand(whole(tuple(images.shape)))
    return expanded[None] if expanded.ndim == 3 else expanded


def labelled_images(
    data: LabelledImages | tuple[Images, Labels] | None, runtime: Runtime = CPU
) -> LabelledImages | None:
    """A dataset of images ``(M, C, H, W)`` in [0, 1] and labels ``(M,)``, or what is one already.

    Raises:
        ShapeError: They are not that.
    """
    if not isinstance(data, tuple):
        return data
    images, labels = image_batch("the data's images", data[0], runtime), torch.as_tensor(data[1])
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
        images: A tensor.
        *dimensions: How many it may have: 3, 4 or 5.
        none: Whether there may be no images at all.

    Raises:
        ShapeError: Another shape, dtype or range.
    """
    if images.ndim not in dimensions:
        shapes = {3: "(C, H, W)", 4: "(N, C, H, W)", 5: "(N, R, C, H, W)"}
        wanted = " or ".join(shapes[number] for number in dimensions)
        raise ShapeError(f"{name} are {tuple(images.shape)}, but {wanted} is wanted")
    counted = images.shape[1:] if none else images.shape
    if not images.is_floating_point() or not counted.numel():
        raise ShapeError(
            f"{name} are {images.dtype} {tuple(images.shape)}, but floating pixels or uint8 are "
            "wanted"
        )
    if not len(images):
        return
    least, most = (bound.item() for bound in torch.aminmax(images.detach()))
    if not (least >= 0 and most <= 1):
        raise ShapeError(
            f"{name} are from {least:.3g} to {most:.3g}, but pixels in [0, 1] are wanted",
            hint="divide by 255"
            if least >= 0
            else "leave normalisation to the model: "
            "torch.nn.Sequential(xaitool.Normalise(mean, deviation), model)",
        )


def _stacked(name: str, given: Sequence[Picture], runtime: Runtime) -> Tensor:
    """One image each as ``(N, C, H, W)``."""
    images = [
        _tensor(f"{name}[{place}]", one, runtime, _is_picture) for place, one in enumerate(given)
    ]
    for place, one in enumerate(images):
        if one.ndim != 3 or one.shape != images[0].shape:
            first = images[0].shape if images[0].ndim == 3 else ("C", "H", "W")
            raise ShapeError(
                f"{name}[{place}] is {tuple(one.shape)}, but one image of {name}[0]'s shape "
                f"({', '.join(map(str, first))}) is wanted",
                hint="image.convert('RGB').resize((width, height)) of a PIL image",
            )
    if not images:
        raise ShapeError(f"{name} are an empty list, but at least one image is wanted")
    return torch.stack([one.to(images[0]) for one in images])


def _tensor(name: str, given: Any, runtime: Runtime, fits: Callable[[Shape], bool]) -> Tensor:
    """What holds pixels as a tensor with channels first, floating if it was uint8."""
    if isinstance(given, Image.Image):
        return runtime.place(to_tensor(as_eight_bit(given, name)))
    if isinstance(given, np.ndarray):
        given = _channels_first(name, given, fits)
        if given.dtype.kind == "f":  # also of a byte order that is not this machine's
            exact = np.float64 if given.dtype.itemsize > 4 else np.float32
            return runtime.place(torch.from_numpy(given.astype(exact)))
        if given.dtype.kind not in "biu":
            raise ShapeError(f"an array of {given.dtype} is given as {name}, but pixels are wanted")
        given = torch.from_numpy(np.array(given)).to(runtime.device)
    if not isinstance(given, Tensor):
        path = "PIL.Image.open(path) is an image" if isinstance(given, str) else None
        raise ShapeError(f"a {type(given).__name__} is given as {name}, but {WANTED}", hint=path)
    return given.to(runtime.dtype) / 255 if given.dtype == torch.uint8 else given


def _channels_first(name: str, array: NDArray[Any], fits: Callable[[Shape], bool]) -> NDArray[Any]:
    if array.ndim < 2:
        raise ShapeError(f"an array {array.shape} is given as {name}, but images are wanted")
    both = [array[None]] if array.ndim == 2 else [np.moveaxis(array, -1, -3), array]
    for one in both:
        if fits(one.shape):
            return one
    raise ShapeError(
        f"an array {array.shape} is given as {name}, but (H, W, C) or (C, H, W), also of "
        "several, with 1 or 3 channels is wanted",
        hint="array[..., :3] is without transparency" if array.shape[-1] == 4 else None,
    )


def _is_picture(shape: Shape) -> bool:
    return len(shape) in (3, 4) and shape[-3] in (1, 3)
