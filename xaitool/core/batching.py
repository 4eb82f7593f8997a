"""Splitting work into forward passes of a bounded number of rows."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xaitool.errors import ConfigError

ROWS = 64
"""Largest number of images in one forward pass where nobody says another."""


def check_rows(rows: int) -> None:
    """Refuse a memory budget into which not one image fits.

    Raises:
        ConfigError: It is below 1.
    """
    if rows < 1:
        raise ConfigError(f"rows is {rows}, but at least 1 is wanted")


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
