"""The format of MNIST, against bytes that are written by hand."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from xaitool.data.files.idx import check_regular, idx_file, read_idx
from xaitool.errors import DataError

# Two rows of three: zero, zero, unsigned bytes, two dimensions; big-endian sizes; content.
WHOLE = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes([1, 2, 3, 4, 5, 255])


@pytest.mark.parametrize("packed", [False, True])
def test_rows_are_read_packed_or_not(packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert idx_file(path) is None
    there = path.with_name("a.gz") if packed else path
    there.write_bytes(gzip.compress(WHOLE) if packed else WHOLE)
    assert idx_file(path) == there
    assert read_idx(there, 2).tolist() == [[1, 2, 3], [4, 5, 255]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it begins with nothing, not 00000802"),
        (b"\x1f\x8b\x08\x00", "it begins with 1f8b0800, not 00000802"),
        (bytes([0, 0, 8, 1]) + WHOLE[4:], "it begins with 00000801, not 00000802"),
        (bytes([0, 0, 13, 2]) + WHOLE[4:], "it begins with 00000d02, not 00000802"),
        (WHOLE[:10], "it ends inside its header"),
        (WHOLE[:-1], "it has 5 of the 6 bytes of 2x3"),
        (WHOLE + b"x", "it has more of the 6 bytes of 2x3"),
        (WHOLE[:4] + b"\xff" * 8, "it states 18,446,744,065,119,617,025 bytes, of which at most"),
    ],
)
def test_damage_says_what_is_wrong(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_idx(path, 2)
    assert str(caught.value).startswith(f"'{path}' is damaged ({reason}")
    assert str(caught.value.hint).startswith("remove it")


def test_a_packed_file_that_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(WHOLE)[:-9])
    with pytest.raises(DataError, match="is damaged"):
        read_idx(path, 2)


def test_what_is_no_file(tmp_path: Path) -> None:
    check_regular(tmp_path / "absent")
    with pytest.raises(DataError, match=r"is damaged \(it is a folder\)"):
        check_regular(tmp_path)
    with pytest.raises(DataError, match=r"is damaged \(No such file or directory\)"):
        read_idx(tmp_path / "absent", 2)
