"""Picture files of every kind that people have."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image


def save_picture(path: Path, *, size: tuple[int, int] = (40, 30), mode: str = "L") -> Path:
    """A smooth picture of ``(width, height)``, other for every name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    across, down = np.meshgrid(np.linspace(0, 3, size[0]), np.linspace(0, 2, size[1]))
    phases = np.arange(1, len(mode) + 1) + sum(os.fsencode(path.stem)) / 7
    pixels = np.sin(across[..., None] * phases + down[..., None]) * 127 + 128
    pixels = pixels.astype(np.uint8)
    Image.fromarray(pixels[..., 0] if mode == "L" else pixels).save(path)
    return path


def truncated_picture(path: Path) -> Path:
    """A PNG that ends in the middle of its pixels."""
    content = save_picture(path, size=(200, 200)).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path
