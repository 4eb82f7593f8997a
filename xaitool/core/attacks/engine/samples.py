"""Tensors with one row a sample, of which some go on and the others are done."""

from __future__ import annotations

import dataclasses
from typing import Self

from torch import Tensor


@dataclasses.dataclass
class Samples:
    """Base of what an attack remembers of the samples in its batch: every field is a tensor."""

    row: Tensor
    """Which sample of the batch this is, int64 ``(n,)``."""

    def __len__(self) -> int:
        return len(self.row)

    def select(self, index: Tensor) -> Self:
        """Those at these positions, int64 ``(m,)``; itself where these are all."""
        if len(index) == len(self):
            return self
        return type(self)(*(getattr(self, field.name)[index] for field in dataclasses.fields(self)))
