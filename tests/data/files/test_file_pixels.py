"""Many picture files at once: each in its row, whatever the number of threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.data.conftest import encoded, picture
from xaitool.data.files.file_pixels import read_pixels
from xaitool.data.files.file_sources import FolderSource
from xaitool.errors import DataError

NAMES = [f"{number}.png" for number in range(9)]


@pytest.fixture
def source(tmp_path: Path) -> FolderSource:
    for number, name in enumerate(NAMES):
        (tmp_path / name).write_bytes(encoded(picture(number, (8, 6))))
    (tmp_path / "4.png").write_bytes(b"damaged")
    return FolderSource(tmp_path)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_every_picture_is_in_its_row_and_damage_is_black(
    workers: int, source: FolderSource
) -> None:
    names = [*reversed(NAMES), "0.png"]
    pixels, failed = read_pixels(source, names, (3, 6, 6), workers=workers, on_error="skip")
    assert (pixels.shape, failed) == ((10, 3, 6, 6), [4])
    assert not pixels[4].any()
    for row in (0, 3, 5, 9):
        whole = np.asarray(picture(int(names[row][0]), (8, 6)))
        assert np.array_equal(pixels[row].permute(1, 2, 0), whole[:, 1:7])


@pytest.mark.parametrize("workers", [1, 3])
def test_the_damaged_one_is_named(workers: int, source: FolderSource) -> None:
    with pytest.raises(DataError, match=r"image '4.png' is in no format"):
        read_pixels(source, NAMES, (3, 6, 6), workers=workers)


def test_a_crop_is_of_the_file_before_anything_is_resized(source: FolderSource) -> None:
    pixels, _ = read_pixels(source, ["2.png"], (3, 2, 2), workers=1, crop=2)
    whole = np.asarray(picture(2, (8, 6)))
    assert np.array_equal(pixels[0].permute(1, 2, 0), whole[2:4, 3:5])
