"""Reading a file that a person names."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.data.conftest import picture
from xaitool.data.files import file_bytes
from xaitool.data.files.images import read_image
from xaitool.errors import DataError


def test_as_much_as_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_bytes, "MAXIMUM_BYTES", 5)
    path = tmp_path / "a"
    path.write_bytes(b"01234")
    assert file_bytes.file_bytes(path, "'a'", "a list is wanted") == b"01234"
    path.write_bytes(b"012345")
    assert file_bytes.file_bytes(path, "'a'", "a list is wanted", most=2) == b"01"
    with pytest.raises(DataError, match=r"^'a' has 6 bytes, but at most 5 are read$"):
        file_bytes.file_bytes(path, "'a'", "a list is wanted")


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^list 'b' does not exist, but a list is wanted$"):
        file_bytes.file_bytes(tmp_path / "b", "list 'b'", "a list is wanted")
    with pytest.raises(DataError, match=r"^list 'b' is a folder, but a file is wanted\n") as caught:
        file_bytes.file_bytes(tmp_path, "list 'b'", "a list is wanted")
    assert caught.value.hint == f"a folder of images is a dataset: folder:{tmp_path}"


def test_pipes_and_devices_are_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for path, kind in [(tmp_path / "pipe", "pipe"), (Path("/dev/zero"), "device")]:
        with pytest.raises(DataError, match=f"image '{path}' is a {kind}, but a file is wanted"):
            read_image(path)


def test_a_socket_and_names_that_no_file_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("listening")
        with pytest.raises(DataError, match="'listening' is a socket, but a file is wanted"):
            read_image("listening")
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(DataError, match=r"cannot be read .*, but a PNG"):
            read_image(name)


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(file_bytes, "MAXIMUM_BYTES", 1024)
    path = tmp_path / "large.bmp"
    picture(0, (64, 64)).save(path)
    with pytest.raises(DataError, match=r"large.bmp' has 12,342 bytes, but at most 1,024"):
        read_image(path)
