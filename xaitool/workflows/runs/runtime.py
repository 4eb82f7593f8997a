"""Where and how a run computes: device, precision, reproducibility, and what fits in memory."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from xaitool.errors import ConfigError
from xaitool.workflows.configs.common import RunOptions
from xaitool.workflows.runs.progress import Reporter

DTYPES = {"float32": torch.float32, "float64": torch.float64}
Placed = TypeVar("Placed", Tensor, nn.Module)


def resolve_device(name: str) -> torch.device:
    """The device that ``--device`` means.

    Args:
        name: ``auto`` (CUDA, else MPS, else CPU), ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Raises:
        ConfigError: There is no such device here, or no such name at all.
    """
    kind, colon, number = name.partition(":")
    if name == "auto":
        return torch.device(_best_device())
    if name == "cpu":
        return torch.device("cpu")
    if name == "mps":
        return _present(torch.backends.mps.is_available(), name, "no MPS device")
    if kind == "cuda" and (re.fullmatch("[0-9]{1,9}", number) or not colon):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        devices = f"{count} CUDA device{'s' * (count > 1)}" if count else "no CUDA device"
        return _present(int(number or 0) < count, name if colon else "cuda:0", devices, given=name)
    raise ConfigError(f"--device is {name}, but auto, cpu, cuda, cuda:N or mps is wanted")


def describe_device(device: torch.device) -> str:
    """A device for people, such as ``cuda:0 NVIDIA H100 80GB HBM3``."""
    if device.type == "cuda":
        return f"{device} {torch.cuda.get_device_name(device)}"
    return f"{device} {platform.processor() or platform.machine()}"


def resolve_dtype(name: str) -> torch.dtype:
    """The dtype that ``--precision`` means.

    Raises:
        ConfigError: It is neither ``float32`` nor ``float64``.
    """
    if name not in DTYPES:
        raise ConfigError(f"--precision is {name}, but {' or '.join(DTYPES)} is wanted")
    return DTYPES[name]


def make_deterministic() -> None:
    """Make equal runs on one machine equal bit for bit, and float32 really float32.

    Call it before anything is computed: cuBLAS reads its workspace setting when it starts. An
    operation that has no deterministic form runs as it is and warns.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(True, warn_only=True)
    # It costs a write of every new tensor, and we read nothing that was not written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _present(present: bool, name: str, devices: str, *, given: str | None = None) -> torch.device:
    if not present:
        raise ConfigError(
            f"--device is {given or name}, but this machine has {devices}", hint="--device cpu"
        )
    return torch.device(name)


@dataclass(frozen=True)
class Runtime:
    """Where a command computes, and in which precision.

    Attributes:
        device: The device.
        dtype: Of weights and images.
    """

    device: torch.device
    dtype: torch.dtype

    @classmethod
    def from_options(cls, options: RunOptions) -> Runtime:
        """What ``--device`` and ``--precision`` mean here.

        Raises:
            ConfigError: There is no such device.
        """
        runtime = cls(resolve_device(options.device), resolve_dtype(options.precision))
        make_deterministic()
        return runtime

    def announce(self, reporter: Reporter) -> None:
        """Say which device it is, once nothing is left to refuse."""
        reporter.message(f"device: {self.device_name}")

    @property
    def device_name(self) -> str:
        """The device for people."""
        return describe_device(self.device)

    def rows(self, pixels: int, wanted: int | None) -> int:
        """Rows in one forward pass: as wanted, else few that keep the device busy.

        A processor's caches favour small batches of large images; a GPU wants many.

        Args:
            pixels: Numbers in one image.
            wanted: ``--batch-size``, or None.
        """
        cpu = self.device.type == "cpu"
        numbers, most = (1280 * 1024, 256) if cpu else (16 * 1024 * 1024, 4096)
        return wanted or max(1, min(most, numbers // pixels))

    def seed_layers(self, seed: int) -> None:
        """Seed what layers draw from, such as dropout's."""
        if self.device.type == "cpu":
            # torch.manual_seed would keep the call, with a stack trace, for GPUs never used.
            torch.default_generator.manual_seed(seed)
        else:
            torch.manual_seed(seed)

    def place(self, value: Placed) -> Placed:
        """A tensor or a network on the device, in the precision."""
        return value.to(self.device, self.dtype)
