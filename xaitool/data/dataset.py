"""What every labelled image dataset offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor


class ImageDataset(ABC):
    """Labelled images of one shape.

    Attributes:
        name: As the command line calls it, such as ``mnist`` or ``folder:PATH``.
        split: ``train`` or ``test``.
        classes: Class names; a label is an index into them.
        labels: int64 ``(N,)`` on the CPU.
        shape: ``(C, H, W)`` of every image.
        digest: SHA-256 of the content, hexadecimal.
        skipped: Names of files that were found and not used; empty where there are no files.
    """

    name: str
    split: str
    classes: tuple[str, ...]
    labels: Tensor
    shape: tuple[int, int, int]
    digest: str
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @abstractmethod
    def images(self, indices: Tensor | Sequence[int]) -> Tensor:
        """Images at these indices: float32 ``(B, C, H, W)`` in [0, 1], on the dataset's device."""

    @abstractmethod
    def filename(self, index: int) -> str:
        """A name for an image, such as its path or ``mnist/test/00012``."""

    @abstractmethod
    def subset(self, indices: Tensor) -> ImageDataset:
        """The dataset of these samples, in this order, with its own digest."""
