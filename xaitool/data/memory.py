"""A dataset whose pixels are in memory, on any device."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from xaitool.data.annotations import Annotations
from xaitool.data.dataset import ImageDataset
from xaitool.data.files.images import Framing
from xaitool.data.framed import framed
from xaitool.errors import DataError


class MemoryDataset(ImageDataset):
    """Images kept as bytes, four times smaller than floats.

    Args:
        pixels: uint8 ``(N, C, H, W)``.
        labels: int64 ``(N,)``, indices into `classes`.
        classes: Class names.
        name: As the command line calls the dataset.
        split: ``train`` or ``test``.
        filenames: A name for each image; by default such as ``mnist/test/00012``.
        skipped: Names of images that cannot be read and may be skipped.
        left_out: Names of files that lie there and are none of the images.
        annotations: What else is known of the images.

    Raises:
        DataError: It is empty, or pixels, labels, classes and annotations do not fit together.
    """

    def __init__(
        self,
        pixels: Tensor,
        labels: Tensor,
        classes: Sequence[str],
        *,
        name: str,
        split: str,
        filenames: Sequence[str] | None = None,
        skipped: tuple[str, ...] = (),
        left_out: tuple[str, ...] = (),
        annotations: Annotations | None = None,
    ) -> None:
        self.pixels = pixels
        self.labels = labels.to("cpu", torch.int64)
        self.classes = tuple(classes)
        self.name = name
        self.split = split
        self.skipped = skipped
        self.left_out = left_out
        self.annotations = annotations or Annotations()
        self._check()
        self.shape = (pixels.shape[1], pixels.shape[2], pixels.shape[3])
        self.annotations.check(name, len(self), self.shape[1:], len(self.classes))
        self._filenames = tuple(
            filenames or (f"{name}/{split}/{index:05d}" for index in range(len(pixels)))
        )

    def _check(self) -> None:
        if self.pixels.dtype != torch.uint8 or self.pixels.ndim != 4:
            raise DataError(
                f"dataset '{self.name}' has pixels {self.pixels.dtype} "
                f"{tuple(self.pixels.shape)}, but uint8 (N, C, H, W) is wanted"
            )
        if len(self.labels) != len(self.pixels) or not len(self.labels):
            raise DataError(
                f"dataset '{self.name}' has {len(self.pixels)} images and {len(self.labels)} "
                "labels, but one label an image and at least one image are wanted"
            )
        if self.labels.min() < 0 or self.labels.max() >= len(self.classes):
            raise DataError(
                f"dataset '{self.name}' has labels from {self.labels.min()} to "
                f"{self.labels.max()}, but 0 to {len(self.classes) - 1} are wanted"
            )

    @cached_property
    def digest(self) -> str:  # type: ignore[override]  # computed when first asked
        """SHA-256 of classes, shape, labels, pixels and annotations, hexadecimal."""
        digest = hashlib.sha256(repr((self.classes, len(self), self.shape)).encode())
        digest.update(self.labels.numpy().tobytes())
        for part in torch.split(self.pixels, 4096):
            digest.update(part.cpu().contiguous().numpy().data)
        digest.update(self.annotations.content())
        return digest.hexdigest()

    def images(self, indices: Tensor | Sequence[int]) -> Tensor:
        """See `ImageDataset.images`."""
        rows = torch.as_tensor(indices, dtype=torch.int64, device=self.pixels.device)
        return self.pixels[rows].float().div_(255)

    def filename(self, index: int) -> str:
        """See `ImageDataset.filename`."""
        return self._filenames[index]

    def subset(self, indices: Tensor) -> MemoryDataset:
        """See `ImageDataset.subset`."""
        return self._with(
            self.pixels[indices.to(self.pixels.device)],
            self.labels[indices],
            filenames=[self._filenames[index] for index in indices.tolist()],
            annotations=self.annotations.subset(indices),
        )

    def relabelled(self, labels: Tensor, classes: Sequence[str]) -> MemoryDataset:
        """The same images with other labels ``(N,)`` and class names."""
        annotations = self.annotations.relabelled(self.classes, classes)
        return self._with(self.pixels, labels, classes=classes, annotations=annotations)

    def annotated(self, annotations: Annotations) -> MemoryDataset:
        """The same images of which something else is known."""
        return self._with(self.pixels, self.labels, annotations=annotations)

    def to(self, device: torch.device | str) -> MemoryDataset:
        """The same dataset with its pixels on a device; labels stay on the CPU."""
        return self._with(self.pixels.to(device), self.labels)

    def adapted(self, image_size: int | Framing | None, channels: int | None) -> MemoryDataset:
        """The same dataset with other images.

        Args:
            image_size: Side of the square image, or how a model's images are made (with antialias,
                rounded to bytes; images that are not square are stretched).
            channels: 1 (ITU-R 601 luma) or 3 (grey repeated).

        Raises:
            DataError: `channels` is neither 1 nor 3.
        """
        pixels = _with_channels(self.pixels, channels)
        annotations = self.annotations
        if image_size is not None:
            framing = Framing.of(image_size)
            pixels = framed(pixels, framing, _to_bytes)
            annotations = annotations.framed(framing)
        if pixels is self.pixels:
            return self
        return self._with(pixels, self.labels, annotations=annotations)

    def _with(
        self,
        pixels: Tensor,
        labels: Tensor,
        *,
        classes: Sequence[str] | None = None,
        filenames: Sequence[str] | None = None,
        annotations: Annotations | None = None,
    ) -> MemoryDataset:
        return MemoryDataset(
            pixels,
            labels,
            self.classes if classes is None else classes,
            name=self.name,
            split=self.split,
            filenames=self._filenames if filenames is None else filenames,
            skipped=self.skipped,
            left_out=self.left_out,
            annotations=self.annotations if annotations is None else annotations,
        )


def _with_channels(pixels: Tensor, channels: int | None) -> Tensor:
    if channels not in (None, 1, 3):
        raise DataError(f"images with {channels} channels are asked for, but 1 or 3 is wanted")
    if channels is None or channels == pixels.shape[1]:
        return pixels
    if channels == 3:
        return pixels.repeat(1, 3, 1, 1)
    red, green, blue = pixels.int().unbind(1)
    # Pillow's own integer arithmetic, so that a file and a stored set give the same bytes.
    luma = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    return luma[:, None].to(torch.uint8)


def _to_bytes(values: Tensor) -> Tensor:
    return values.round_().clamp_(0, 255).to(torch.uint8)
