import os
from typing import Any

import pytest
import torch

from xaitool.errors import ConfigError
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
