"""Reads NumPy's ``.npy`` files of byte arrays of any shapes, which are Python pickles, safely."""

from __future__ import annotations

import io
import math
import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xaitool.errors import DataError

Bytes = NDArray[np.uint8]

_BYTE_TYPES = ("u1", "b1", "i1")


def read_byte_arrays(content: bytes, name: str) -> list[Bytes]:
    """The arrays in a ``.npy`` file that holds an array of arrays.

    `numpy.load` would need ``allow_pickle=True`` for it, with which a file can run code. Here a
    pickle may make nothing but the stand-ins below; not even NumPy's own objects.

    Args:
        content: The file.
        name: How messages call it.

    Raises:
        DataError: It is damaged, or holds anything else.
    """
    wanted = "a NumPy file of byte arrays is wanted"
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, _, dtype = read_header(file)
        if not dtype.hasobject:
            _check_fits(max(math.prod(shape) * dtype.itemsize, *shape[:1], 0), content)
            whole = np.load(io.BytesIO(content), allow_pickle=False)
            return [one.astype(np.uint8, casting="unsafe") for one in whole]
        stored = _Unpickler(file, encoding="latin1", content=content).load()
        _check_fits(sum(len(one.raw) for one in stored.raw), content)
        arrays = [one.bytes() for one in stored.raw]
    except Exception as error:  # damage shows in as many ways as there are bytes
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise DataError(f"'{name}' cannot be read ({reason}), but {wanted}") from None
    if len(arrays) != math.prod(shape):
        raise DataError(f"'{name}' holds {len(arrays)} of {math.prod(shape)} arrays, but {wanted}")
    return arrays


def _check_fits(size: int, content: bytes) -> None:
    """A file that promises more than it has, or the same bytes often, would take all memory.

    Raises:
        ValueError: So many bytes are more than the file has.
    """
    if size > len(content):
        raise ValueError(f"{size:,} bytes in a file of {len(content):,}")


class _Type:
    """Stands for `numpy.dtype`; only the width of an element matters."""

    def __init__(self, code: str, *_: object) -> None:
        self.code = code.lstrip("|")

    def __setstate__(self, state: object) -> None:
        """Byte order and the like, which bytes do not have."""


class _Array:
    """Stands for `numpy.ndarray`."""

    raw: Any = ()

    def __setstate__(self, state: Any) -> None:
        _, self.shape, self.type, self.column_major, self.raw = state

    def bytes(self) -> Bytes:
        """The array, of its own shape."""
        if self.type.code not in _BYTE_TYPES:
            raise ValueError("elements of more than a byte")
        raw = self.raw.encode("latin1") if isinstance(self.raw, str) else self.raw
        flat = np.frombuffer(raw, np.uint8).copy()
        return flat.reshape(self.shape, order="F" if self.column_major else "C")


class _Unpickler(pickle.Unpickler):
    """Knows three names, and what they make are the stand-ins.

    Args:
        file: At its pickle.
        encoding: Of the text of Python 2.
        content: The whole file.
    """

    def __init__(self, file: io.BytesIO, *, encoding: str, content: bytes) -> None:
        super().__init__(file, encoding=encoding)
        self._content = content
        self._encoded = 0

    def _encode(self, text: str, _: object) -> bytes:
        """Bytes for Python 2, as Python 3 writes them."""
        self._encoded += len(text)
        _check_fits(self._encoded, self._content)
        return text.encode("latin1")

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in of a name.

        Raises:
            UnpicklingError: It is any other name.
        """
        if name == "_reconstruct" and module.startswith("numpy.") and module.endswith("multiarray"):
            return lambda *_: _Array()
        if (module, name) == ("numpy", "ndarray"):
            return None
        if (module, name) == ("numpy", "dtype"):
            return _Type
        if (module, name) == ("_codecs", "encode"):
            return self._encode
        raise pickle.UnpicklingError(f"it names {module}.{name}")
