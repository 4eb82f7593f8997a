"""NumPy's pickled arrays, written by NumPy itself and by attackers."""

from __future__ import annotations

import contextlib
import io
import pickle
from typing import Any

import numpy as np
import pytest

from xaitool.data.byte_arrays import read_byte_arrays
from xaitool.errors import DataError

ARRAYS = [
    np.arange(6, dtype=np.uint8).reshape(2, 3),
    np.ones((1, 4), np.bool_),
    np.asfortranarray(np.arange(12, dtype=np.uint8).reshape(4, 3)),
]


def ragged(arrays: list[Any]) -> np.ndarray[Any, Any]:
    whole = np.empty(len(arrays), object)
    whole[:] = arrays
    return whole


def saved(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def with_protocol(content: bytes, arrays: Any, protocol: int) -> bytes:
    """The same header before a pickle of another protocol, as older NumPy and Python wrote it."""
    start = content.index(b"\n") + 1
    pickled = pickle.dumps(arrays, protocol=protocol)
    return content[:start] + pickled.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def check(found: list[Any]) -> None:
    assert len(found) == len(ARRAYS)
    for one, other in zip(found, ARRAYS, strict=True):
        assert one.dtype == np.uint8
        assert np.array_equal(one, other.astype(np.uint8))


def test_arrays_of_any_shapes_come_back():
    check(read_byte_arrays(saved(ragged(ARRAYS)), "masks"))


@pytest.mark.parametrize("protocol", [2, 3])
def test_older_pickles_come_back(protocol: int):
    whole = ragged(ARRAYS)
    check(read_byte_arrays(with_protocol(saved(whole), whole, protocol), "masks"))


def test_arrays_of_one_shape_are_no_pickle():
    stacked = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    assert np.array_equal(read_byte_arrays(saved(stacked), "masks"), stacked)


class Attack:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a stranger's code ran",))


@pytest.mark.parametrize(
    "arrays",
    [[Attack()], [np.arange(3.0)], [{"a": 1}], [np.array([Attack()], object)]],
    ids=["code", "floats", "dict", "code inside"],
)
def test_nothing_but_byte_arrays_is_made(arrays: list[Any]):
    with pytest.raises(DataError, match="'masks' cannot be read"):
        read_byte_arrays(saved(ragged(arrays)), "masks")


def test_damage_is_one_clear_line():
    whole = saved(ragged(ARRAYS))
    for length in range(0, len(whole), 7):
        with pytest.raises(DataError, match="but a NumPy file of byte arrays is wanted"):
            read_byte_arrays(whole[:length], "masks")
    for place in range(0, len(whole), 5):
        damaged = bytearray(whole)
        damaged[place] ^= 255
        with contextlib.suppress(DataError):
            read_byte_arrays(bytes(damaged), "masks")
