"""Where an artifact comes from: versions of what computed it, and the machine."""

from __future__ import annotations

import hashlib
import os
import platform
import socket
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

PACKAGES = ("xaitool", "torch", "torchvision", "numpy", "h5py")


def version(package: str = "xaitool") -> str:
    """The installed version of a package; ``unknown`` when it runs from an uninstalled copy."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


def versions() -> dict[str, str]:
    """Versions that decide a result, for a file that is equal on every run."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def environment(device: torch.device, device_name: str) -> dict[str, Any]:
    """What ``environment.json`` says.

    Args:
        device: Where the run computes.
        device_name: Its name for people.
    """
    return {
        "versions": versions(),
        "platform": platform.platform(),
        "host": socket.gethostname(),
        "device": str(device),
        "device_name": device_name,
        "cuda": torch.version.cuda,
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
    }


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
