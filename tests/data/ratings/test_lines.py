"""Delimited text, line by line, packed or not, whole or damaged."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from tests.data.ratings.test_rating_table import rows
from xaitool.data.ratings import lines
from xaitool.data.ratings.lines import chunks, delimiter_of, fields_of, is_utf8, numbered_lines
from xaitool.data.ratings.rating_table import read_ratings
from xaitool.errors import DataError


@pytest.mark.parametrize(
    ("line", "delimiter", "fields"),
    [
        ("a\tb,c\n", "\t", ["a", "b,c"]),
        ("a::b,c\n", "::", ["a", "b,c"]),
        ("a;b;c,d\n", ";", ["a", "b", "c,d"]),
        ('"a;b;c", d\n', ",", ["a;b;c", "d"]),
        (" a  b \n", " ", ["a", "b"]),
        ("alone\n", ",", ["alone"]),
    ],
)
def test_a_line_says_what_delimits_it(line: str, delimiter: str, fields: list[str]) -> None:
    assert delimiter_of(line) == delimiter
    assert fields_of(line, delimiter) == fields


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbffirst\n\n  \nfourth")
    assert list(numbered_lines(path)) == [(1, "first\n"), (4, "fourth")]
    assert list(chunks(path, start=3)) == [(3, ["  \n"]), (4, ["fourth"])]


def test_text_of_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("one\nzoë\n".encode("latin-1"))
    assert not is_utf8(path)
    assert is_utf8(tmp_path / "absent")
    assert list(numbered_lines(path, encoding="latin-1"))[1] == (2, "zoë\n")
    with pytest.raises(DataError, match=f"line 2 of '{path}' is not UTF-8 text, but such text is"):
        list(numbered_lines(path))


def test_a_packed_file_and_a_damaged_one(tmp_path: Path):
    whole = gzip.compress(b"user,item,rating\n1,2,3\n" + b"2,2,5\n")
    path = tmp_path / "r.csv.gz"
    path.write_bytes(whole)
    assert rows(read_ratings([path])) == [("1", "2", 3.0, 0), ("2", "2", 5.0, 0)]
    for damaged in (whole[:-12], b"1,2,3\n", whole[:12] + b"\xff" * 8 + whole[20:]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"is damaged, but a whole gzip|is not UTF-8"):
            read_ratings([path])


def test_an_endless_line_is_refused_before_memory_is_full(tmp_path: Path):
    path = tmp_path / "r.csv.gz"
    with gzip.open(path, "wb") as handle:
        handle.write(b"1,2,3\n" + b"7" * (5 << 20))
    with pytest.raises(DataError, match=r"line 2 of .* has more than 1,048,576 characters"):
        read_ratings([path])


def test_what_is_far_larger_unpacked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "r.csv.gz"
    path.write_bytes(gzip.compress(b"1,2,3\n" * 100_000))
    assert path.stat().st_size < 6000
    with pytest.raises(DataError, match=r"line 2 of .* again"):
        read_ratings([path])
    monkeypatch.setattr(lines, "FREE", 1 << 18)
    monkeypatch.setattr(lines, "_CHUNK_CHARACTERS", 1 << 16)
    with pytest.raises(DataError, match=f"'{path}' is more than 100 times as large when it is"):
        read_ratings([path])


def test_a_pipe_is_refused(tmp_path: Path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with pytest.raises(DataError, match=f"'{path}' is a pipe, but a regular file is"):
        read_ratings([path])
