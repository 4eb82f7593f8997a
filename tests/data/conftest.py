"""Files that the tests of this folder write themselves, and where the real data lies."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def real_data() -> Path:
    if "XAITOOL_DATA" not in os.environ:
        pytest.skip("XAITOOL_DATA is not set")
    return Path(os.environ["XAITOOL_DATA"])


def picture(seed: int, size: tuple[int, int] = (8, 8), *, mode: str = "RGB") -> Image.Image:
    """A random picture of ``(width, height)``."""
    shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], len(mode))
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str = "png", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def write_tree(tmp_path: Path) -> Callable[[dict[str, bytes]], Path]:
    """Write files by relative name under a new folder ``pictures``."""

    def write(files: dict[str, bytes]) -> Path:
        root = tmp_path / "pictures"
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        return root

    return write
