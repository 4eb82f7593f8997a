"""What every labelled image dataset offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from xaitool.data.annotations import Annotations, Attribute


class ImageDataset(ABC):
    """Labelled images of one shape.

    Attributes:
        name: As the command line calls it, such as ``mnist`` or ``folder:PATH``.
        split: ``train`` or ``test``.
        classes: Class names; a label is an index into them.
        labels: int64 ``(N,)`` on the CPU.
        shape: ``(C, H, W)`` of every image.
        digest: SHA-256 of the content, hexadecimal.
        skipped: Names of images that cannot be read and may be skipped.
        left_out: Names of files that lie there and are none of the images.
        annotations: What else is known of the images.
    """

    name: str
    split: str
    classes: tuple[str, ...]
    labels: Tensor
    shape: tuple[int, int, int]
    digest: str
    skipped: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    annotations: Annotations = Annotations()

    def __len__(self) -> int:
        return len(self.labels)

    @abstractmethod
    def images(self, indices: Tensor | Sequence[int]) -> Tensor:
        """Images at these indices: float32 ``(B, C, H, W)`` in [0, 1], on the dataset's device."""

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        """Properties of every image that are not its class, by name; empty where there are none."""
        return self.annotations.attributes

    @property
    def sensitive(self) -> dict[str, Attribute]:
        """Those attributes that should not decide about the class; empty where there are none."""
        return {name: self.attributes[name] for name in self.annotations.sensitive}

    @property
    def sensitive_names(self) -> dict[str, tuple[str, ...]]:
        """Names of the values of each sensitive attribute, by its name, in the same order."""
        return {name: attribute.names for name, attribute in self.sensitive.items()}

    @property
    def sensitive_sizes(self) -> list[int]:
        """How many values each sensitive attribute has."""
        return [len(names) for names in self.sensitive_names.values()]

    def sensitive_values(self, indices: Tensor | Sequence[int] | None = None) -> Tensor:
        """The values of the A sensitive attributes, in the order of `sensitive`.

        Args:
            indices: Of the images; None: all.

        Returns:
            int64 ``(N, A)`` on the CPU, indices into the names of each attribute; ``(N, 0)`` where
            there are none.
        """
        columns = [attribute.values for attribute in self.sensitive.values()]
        empty = torch.empty(len(self), 0, dtype=torch.int64)
        values = torch.stack(columns, dim=1) if columns else empty
        if indices is None:
            return values
        return values[torch.as_tensor(indices, dtype=torch.int64).cpu()]

    @property
    def class_parts(self) -> tuple[tuple[str, str], ...]:
        """The object and the scene of every class; empty where a class is not such a pair."""
        return self.annotations.class_parts

    def mask(self, indices: Tensor | Sequence[int]) -> Tensor | None:
        """Where the object is: bool ``(B, 1, H, W)`` on the CPU; None where it is not known."""
        masks = self.annotations.masks
        return None if masks is None else masks[torch.as_tensor(indices, dtype=torch.int64).cpu()]

    @abstractmethod
    def filename(self, index: int) -> str:
        """A name for an image, such as its path or ``mnist/test/00012``."""

    @abstractmethod
    def subset(self, indices: Tensor) -> ImageDataset:
        """The dataset of these samples, in this order, with its own digest."""
