"""The format of MNIST: a header of big-endian numbers, and bytes."""

from __future__ import annotations

import gzip
import math
import zlib
from io import BufferedIOBase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xaitool.errors import DataError
from xaitool.io.folders import kind_of_mode

MAXIMUM_BYTES = 2**30
"""Largest array that is read: twenty times MNIST."""

_BYTES = 8
"""Code of unsigned bytes, the only type that the datasets have."""


def idx_file(path: Path) -> Path | None:
    """The file, or the ``.gz`` of it that lies there instead; None where neither does."""
    packed = path.with_name(path.name + ".gz")
    return next((one for one in (path, packed) if one.exists()), None)


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array of a file, which may be packed by gzip (``.gz``).

    Memory is taken for the bytes that are there, not for the size that the header states.

    Args:
        path: The file.
        dimensions: How many are wanted.

    Raises:
        DataError: It cannot be read, is no IDX file of bytes with so many dimensions, or is
            shorter or longer than its header says; the message names it.
    """
    try:
        check_regular(path)
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return _read(file, path, dimensions)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise damaged(path, str(reason)) from None


def check_regular(path: Path) -> None:
    """Refuse a pipe or a folder in the place of a dataset's file; nothing there is as well.

    Raises:
        DataError: It is one.
    """
    if path.exists() and (kind := kind_of_mode(path.stat().st_mode)) != "a file":
        raise damaged(path, f"it is {kind}")


def damaged(path: Path, reason: str) -> DataError:
    """The error of a dataset's file that is there and of no use."""
    return DataError(
        f"'{path}' is damaged ({reason}), but the dataset's own file is wanted",
        hint="remove it, and it is downloaded again where there is a network",
    )


def _read(file: BufferedIOBase, path: Path, dimensions: int) -> NDArray[np.uint8]:
    header = file.read(4 + 4 * dimensions)
    magic = bytes([0, 0, _BYTES, dimensions])
    if header[:4] != magic:
        raise damaged(path, f"it begins with {header[:4].hex() or 'nothing'}, not {magic.hex()}")
    if len(header) < 4 + 4 * dimensions:
        raise damaged(path, "it ends inside its header")
    shape = np.frombuffer(header[4:], ">u4").tolist()
    size = math.prod(shape)
    if size > MAXIMUM_BYTES:
        raise damaged(
            path, f"it states {size:,} bytes, of which at most {MAXIMUM_BYTES:,} are read"
        )
    content = bytearray().join(_pieces(file, size + 1))
    if len(content) != size:
        found = "more" if len(content) > size else f"{len(content):,}"
        sizes = "x".join(map(str, shape))
        raise damaged(path, f"it has {found} of the {size:,} bytes of {sizes}")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _pieces(file: BufferedIOBase, most: int) -> list[bytes]:
    """What is left of a file, up to so many bytes: `read` would allocate all of them at once."""
    pieces, left = [], most
    while left > 0 and (piece := file.read(min(left, 2**20))):
        pieces.append(piece)
        left -= len(piece)
    return pieces
