"""A dataset too large for memory: every access decodes its pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from xaitool.data.annotations import Annotations
from xaitool.data.dataset import ImageDataset
from xaitool.data.files.file_pixels import OnError, read_pixels
from xaitool.data.files.file_sources import FileSource
from xaitool.data.files.images import Framing


@dataclass(frozen=True, eq=False)
class LazyDataset(ImageDataset):
    """Pictures in files, decoded by a thread pool on each access.

    Attributes:
        source: Where the files lie.
        names: Name of each file.
        workers: Threads.
        annotations: What else is known of the images.
        crop: Side of the central square of a picture that is used, pixels; None: all of it.
        framing: How the square of `shape` is made of it; None: the shorter side becomes its side.
    """

    source: FileSource
    names: tuple[str, ...]
    labels: Tensor
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    name: str
    split: str
    skipped: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    workers: int = 2
    annotations: Annotations = Annotations()  # noqa: RUF009  # frozen
    crop: int | None = None
    framing: Framing | None = None

    @cached_property
    def digest(self) -> str:  # type: ignore[override]  # computed when first asked
        """SHA-256 of classes, shape, labels, annotations, and the files' names and sizes (or CRCs).

        Unlike a dataset in memory the pixels are not read for it: that would be a whole pass.
        """
        digest = hashlib.sha256(repr((self.classes, len(self), self.shape)).encode())
        digest.update(self.labels.numpy().tobytes())
        for name in self.names:
            line = f"{name}\0{self.source.fingerprints[name]}\n"
            digest.update(line.encode(errors="surrogateescape"))
        digest.update(self.annotations.content())
        if self.crop is not None:
            digest.update(f"crop {self.crop}".encode())
        if self.framing not in (None, Framing.of(self.shape[1])):
            digest.update(repr(self.framing).encode())
        return digest.hexdigest()

    def images(self, indices: Tensor | Sequence[int]) -> Tensor:
        """See `ImageDataset.images`.

        Raises:
            DataError: A picture cannot be used.
        """
        names = [self.names[index] for index in torch.as_tensor(indices).tolist()]
        pixels, _ = self.decode(names)
        return pixels.float().div_(255)

    def decode(self, names: Sequence[str], on_error: OnError = "stop") -> tuple[Tensor, list[int]]:
        """The pixels of some of its files; see `read_pixels`.

        Raises:
            DataError: A picture cannot be used, and `on_error` is ``stop``.
        """
        return read_pixels(
            self.source,
            names,
            self.shape,
            workers=self.workers,
            on_error=on_error,
            crop=self.crop,
            framing=self.framing,
        )

    def filename(self, index: int) -> str:
        """See `ImageDataset.filename`."""
        return self.names[index]

    def subset(self, indices: Tensor) -> LazyDataset:
        """See `ImageDataset.subset`."""
        names = tuple(self.names[index] for index in indices.tolist())
        return replace(
            self,
            names=names,
            labels=self.labels[indices],
            annotations=self.annotations.subset(indices),
        )

    def relabelled(self, labels: Tensor, classes: Sequence[str]) -> LazyDataset:
        """The same images with other labels ``(N,)`` and class names."""
        annotations = self.annotations.relabelled(self.classes, classes)
        return replace(self, labels=labels, classes=tuple(classes), annotations=annotations)

    def annotated(self, annotations: Annotations) -> LazyDataset:
        """The same images of which something else is known.

        Raises:
            DataError: It does not fit them.
        """
        annotations.check(self.name, len(self), self.shape[1:], len(self.classes))
        return replace(self, annotations=annotations)
