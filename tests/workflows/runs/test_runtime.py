import gc
import os
import weakref
from typing import Any

import pytest
import torch

from xaitool.core.memory import with_smaller_batches
from xaitool.errors import ConfigError, XaitoolError
from xaitool.workflows.runs.runtime import (
    describe_device,
    make_deterministic,
    resolve_device,
    resolve_dtype,
)


def has(monkeypatch, *, cuda=0, mps=False):
    """Pretend that the machine has these devices."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "name", "device"),
    [
        (0, False, "auto", "cpu"),
        (0, True, "auto", "mps"),
        (2, True, "auto", "cuda:0"),
        (2, False, "cpu", "cpu"),
        (2, False, "cuda", "cuda:0"),
        (2, False, "cuda:1", "cuda:1"),
        (0, True, "mps", "mps"),
    ],
)
def test_devices(monkeypatch, cuda, mps, name, device):
    has(monkeypatch, cuda=cuda, mps=mps)
    assert resolve_device(name) == torch.device(device)


@pytest.mark.parametrize(
    ("cuda", "name", "found"),
    [
        (0, "cuda", "no CUDA device"),
        (0, "cuda:0", "no CUDA device"),
        (1, "cuda:1", "1 CUDA device"),
        (2, "cuda:7", "2 CUDA devices"),
        (0, "mps", "no MPS device"),
    ],
)
def test_a_missing_device(monkeypatch, cuda, name, found):
    has(monkeypatch, cuda=cuda)
    with pytest.raises(ConfigError) as caught:
        resolve_device(name)
    assert str(caught.value) == f"--device is {name}, but this machine has {found}"
    assert caught.value.hint == "--device cpu"


@pytest.mark.parametrize("name", ["gpu", "", "cuda:", "cuda:x", "cuda:-1", "cpu:0", "CPU", "0"])
def test_nonsense(monkeypatch, name):
    has(monkeypatch, cuda=2)
    with pytest.raises(ConfigError, match="but auto, cpu, cuda, cuda:N or mps is wanted"):
        resolve_device(name)


def test_describe(monkeypatch):
    assert describe_device(torch.device("cpu")).startswith("cpu ")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H200")
    assert describe_device(torch.device("cuda:1")) == "cuda:1 NVIDIA H200"


def test_dtypes():
    assert resolve_dtype("float32") is torch.float32
    assert resolve_dtype("float64") is torch.float64
    with pytest.raises(ConfigError, match="--precision is half, but float32 or float64"):
        resolve_dtype("half")


@pytest.fixture
def restored_settings(monkeypatch):
    """Undo what `make_deterministic` sets for the whole process."""
    matmul, cudnn = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    benchmark = torch.backends.cudnn.benchmark
    fill: Any = torch.utils.deterministic
    filled = fill.fill_uninitialized_memory
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = matmul, cudnn
    torch.backends.cudnn.benchmark = benchmark
    fill.fill_uninitialized_memory = filled
    torch.use_deterministic_algorithms(False)


@pytest.mark.usefixtures("restored_settings")
def test_make_deterministic(monkeypatch):
    make_deterministic()
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    make_deterministic()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"


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
    told: list[int] = []
    assert with_smaller_batches(fits(12, error), 50, told.append) == ("12 rows", 12)
    assert told == [25, 12]
    told.clear()
    assert with_smaller_batches(fits(12, error), 9, told.append) == ("9 rows", 9)
    assert told == []


def test_not_even_one_row():
    told: list[int] = []
    error = torch.OutOfMemoryError("CUDA out of memory.\nMore lines")
    with pytest.raises(XaitoolError, match="does not fit in memory") as caught:
        with_smaller_batches(fits(0, error), 4, told.append)
    assert told == [2, 1]
    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)


def test_the_allocator_of_this_machine_is_recognised():
    def function(rows):
        return torch.empty(1 << 61 if rows > 1 else 1, dtype=torch.uint8)

    result, rows = with_smaller_batches(function, 4, lambda rows: None)
    assert (len(result), rows) == (1, 1)


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="shapes"):
        with_smaller_batches(fits(0, RuntimeError("shapes cannot be multiplied")), 4, print)


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

    assert with_smaller_batches(function, 4, lambda rows: None) == (1, 1)
    assert len(held) == 3
