"""NumPy's pickled arrays, written by NumPy itself and by attackers."""

from __future__ import annotations

import codecs
import contextlib
import io
import pickle
from typing import Any

import numpy as np
import pytest

from xaitool.data.files.byte_arrays import read_byte_arrays
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


def header_of(shape: tuple[int, ...], dtype: str) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return buffer.getvalue()


@pytest.mark.parametrize("shape", [(10**12,), (10**9, 0), (2**40, 2**40)])
def test_sizes_that_the_file_does_not_have_are_refused_before_memory_is_taken(shape: Any):
    with pytest.raises(DataError, match=r"bytes in a file of \d+.*but a NumPy file"):
        read_byte_arrays(header_of(shape, "|u1") + b"\0" * 64, "masks")


SHARED = b"x" * 1000
TEXT = SHARED.decode()


class Encoded:
    """A text that is written once and made bytes again and again."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (codecs.encode, (TEXT, "latin1"))


class View:
    """An array of bytes that others have, too."""

    def __init__(self, content: object) -> None:
        self.content = content

    def __reduce__(self) -> tuple[Any, ...]:
        reduced: Any = np.zeros(len(SHARED), np.uint8).__reduce__()
        make, nothing, state = reduced
        return (make, nothing, (*state[:-1], self.content))


@pytest.mark.parametrize("content", [lambda: SHARED, Encoded], ids=["shared", "encoded"])
def test_the_same_bytes_again_and_again_are_refused(content: Any):
    assert len(read_byte_arrays(saved(ragged([View(content())])), "masks")[0]) == len(SHARED)
    arrays = ragged([View(content()) for _ in range(50)])
    with pytest.raises(DataError, match=r"'masks' cannot be read \([\d,]+ bytes in a file of"):
        read_byte_arrays(saved(arrays), "masks")
