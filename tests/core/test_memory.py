"""Rows in a forward pass, halved where memory runs out."""

import gc
import weakref

import pytest
import torch

from xaitool.core.memory import Rows
from xaitool.errors import ConfigError, XaitoolError


def fits(limit, error):
    def function(rows):
        if rows > limit:
            raise error
        return f"{rows} rows"

    return function


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        MemoryError("Unable to allocate"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        RuntimeError("MPS backend out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
    ],
)
def test_rows_are_halved_until_they_fit(error):
    told: list[str] = []
    rows = Rows(50, told.append)
    assert (rows.run(fits(12, error)), rows.most) == ("12 rows", 12)
    assert told == [f"out of memory: going on with {most} rows" for most in (25, 12)]
    told.clear()
    rows = Rows(9, told.append)
    assert (rows.run(fits(12, error)), rows.most) == ("9 rows", 9)
    assert told == []


def test_what_did_not_fit_is_not_tried_again():
    told: list[str] = []
    rows = Rows(50, told.append)
    error = MemoryError()
    assert rows.run(fits(30, error)) == "25 rows"
    assert rows.run(fits(30, error)) == "25 rows"
    assert len(told) == 1


def test_fewer_than_one_are_refused():
    with pytest.raises(ConfigError, match="rows is 0, but at least 1"):
        Rows(0, print)


def test_not_even_one_row():
    told: list[str] = []
    error = torch.OutOfMemoryError("CUDA out of memory.\nMore lines")
    with pytest.raises(XaitoolError, match="does not fit in memory") as caught:
        Rows(4, told.append).run(fits(0, error))
    assert len(told) == 2
    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)


def test_the_allocator_of_this_machine_is_recognised():
    def function(rows):
        return torch.empty(1 << 61 if rows > 1 else 1, dtype=torch.uint8)

    rows = Rows(4, print)
    assert (len(rows.run(function)), rows.most) == (1, 1)


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="shapes"):
        Rows(4, print).run(fits(0, RuntimeError("shapes cannot be multiplied")))


def test_what_did_not_fit_is_freed_before_the_next_try():
    held: list[weakref.ref[torch.Tensor]] = []

    def function(rows):
        gc.collect()
        assert all(reference() is None for reference in held)
        tensor = torch.zeros(3)
        held.append(weakref.ref(tensor))
        if rows > 1:
            raise torch.OutOfMemoryError("out of memory")
        return rows

    assert Rows(4, print).run(function) == 1
    assert len(held) == 3
