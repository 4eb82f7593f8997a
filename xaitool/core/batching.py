"""Splitting work into forward passes of a bounded number of rows."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor


def row_chunks(total: int, rows: int, device: torch.device) -> Iterator[Tensor]:
    """Indices 0 to `total` - 1 in order, at most `rows` at a time.

    Args:
        total: How many indices there are.
        rows: Largest number in one chunk, at least 1.
        device: Where the indices are made.

    Yields:
        int64 ``(n,)`` with n at most `rows`.
    """
    for start in range(0, total, rows):
        yield torch.arange(start, min(start + rows, total), device=device)
