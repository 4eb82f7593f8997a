"""Folders and zips as they should not be: each is one clear line, and nothing hangs or grows."""

from __future__ import annotations

import os
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.data.conftest import encoded, picture
from tests.data.sets.test_image_folder import SPLIT, load, zipped
from xaitool.data.files import file_bytes, file_sources
from xaitool.data.files.file_sources import ZipSource, open_source
from xaitool.data.folders import attribute_table
from xaitool.errors import DataError

IMAGE = encoded(picture(0))


def raw_zip(path: Path, *members: dict[str, Any]) -> Path:
    """A zip whose headers say what they are told, true or not."""
    body, directory = b"", b""
    for member in members:
        name, content = member.get("name", b"a/1.png"), member.get("content", IMAGE)
        packed = member.get("packed", content)
        fields = struct.pack(
            "<HHHHHIIIHH",
            member.get("version", 20),
            member.get("flags", 0),
            member.get("method", 0),
            0,
            0x21,
            zlib.crc32(content),
            len(packed),
            member.get("size", len(content)),
            len(name),
            0,
        )
        offset = len(body)
        body += b"PK\3\4" + fields + name + packed
        directory += b"PK\1\2\x14\0" + fields + struct.pack("<HHHII", 0, 0, 0, 0, offset) + name
    count = len(members)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    path.write_bytes(body + directory + end)
    return path


def test_members_with_a_wrong_sum(tmp_path: Path):
    path = zipped(tmp_path / "set.zip", SPLIT, compression=zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[content.index(SPLIT["train/dog/1.png"]) + 50] ^= 255
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"zip member 'train/dog/1.png' cannot be read \(Bad CRC"):
        load(path)
    assert load(path, on_error="skip").skipped == ("train/dog/1.png",)


def test_large_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(file_bytes, "MAXIMUM_BYTES", 1000)
    bomb = {"train/a/1.png": b"\0" * 1001}
    with pytest.raises(DataError, match=r"'train/a/1.png' has 1,001 bytes, but at most 1,000 are"):
        load(zipped(tmp_path / "bomb.zip", bomb, compression=zipfile.ZIP_DEFLATED))


def test_a_member_that_is_larger_than_it_says_takes_no_memory(tmp_path: Path):
    zeros = bytes(2**25)
    path = zipped(tmp_path / "set.zip", {"a/1.png": zeros}, compression=zipfile.ZIP_DEFLATED)
    sizes = struct.pack("<I", len(zeros))  # of the local header and of the directory
    (tmp_path / "bomb.zip").write_bytes(path.read_bytes().replace(sizes, struct.pack("<I", 100)))
    source = open_source(tmp_path / "bomb.zip")
    tracemalloc.start()
    with pytest.raises(DataError, match=r"zip member 'a/1.png' cannot be read \(Bad CRC"):
        source.read("a/1.png")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(zeros) / 8


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ({"name": b""}, "has a member without a name, but names are wanted"),
        ({"version": 255}, r"cannot be opened \(zip file version 25.5\), but a folder"),
        ({"flags": 1}, "zip member 'a/1.png' cannot be read .*encrypted"),
        ({"method": zipfile.ZIP_BZIP2}, "zip member 'a/1.png' cannot be read .bzip2 unpacks"),
        ({"method": 77}, "zip member 'a/1.png' cannot be read .*compression method"),
        ({"name": b"../1.png"}, "has a member '../1.png', but names inside the folder"),
        ({"name": b"a/../../1.png"}, "has a member 'a/../../1.png', but names inside"),
        ({"name": b"/root/1.png"}, "has a member '/root/1.png', but names inside the folder"),
        ({"name": b"C:\\a\\1.png"}, "has a member 'C:.*1.png', but names inside the folder"),
        ({"name": b"a/\xff.png", "flags": 0x800}, "cannot be opened .*utf-8.*, but a folder"),
        ({"name": b"a/\0b.png"}, "has no pictures, but a PNG"),
        ({"packed": b""}, "zip member 'a/1.png' cannot be read"),
    ],
)
def test_members_that_are_refused(member: dict[str, Any], message: str, tmp_path: Path):
    with pytest.raises(DataError, match=message) as caught:
        load(raw_zip(tmp_path / "set.zip", member))
    assert "\n" not in str(caught.value)


def test_a_name_twice(tmp_path: Path):
    path = raw_zip(tmp_path / "set.zip", {}, {"name": b"./a//1.png"})
    with pytest.raises(DataError, match=r"has two members 'a/1.png', but each once is wanted"):
        load(path)


@pytest.mark.parametrize("name", [b"./a/1.png", b"a\\1.png", b"a//1.png"])
def test_names_as_other_tools_write_them(name: bytes, tmp_path: Path):
    source = ZipSource(raw_zip(tmp_path / "set.zip", {"name": name}))
    assert source.read("a/1.png") == IMAGE


@pytest.mark.parametrize("name", ["caf\xe9/1.png", "\u732b/1.png"])
def test_names_in_utf_8_that_are_not_marked_so(name: str, tmp_path: Path):
    source = ZipSource(raw_zip(tmp_path / "set.zip", {"name": name.encode()}))
    assert source.read(name) == IMAGE
    old = ZipSource(raw_zip(tmp_path / "old.zip", {"name": b"caf\x82/1.png"}))
    assert list(old.fingerprints) == ["caf\xe9/1.png"]


def test_damaged_and_cut_zips_are_one_line(tmp_path: Path):
    whole = zipped(tmp_path / "set.zip", SPLIT).read_bytes()
    path = tmp_path / "damaged.zip"
    directory = whole.index(b"PK\1\2")
    for place in range(directory, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        try:
            source = open_source(path)
            for name in source.fingerprints:
                source.read(name)
        except DataError as error:
            assert "\n" not in str(error)  # noqa: PT017
    for length in range(0, len(whole), 50):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"cannot be opened .*, but a folder of images or a"):
            open_source(path)


@pytest.mark.parametrize("count", [70_000, 5])
def test_too_many_members_are_counted_before_they_are_listed(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "set.zip"
    if count > 65_535:  # which another record counts
        entry = zipped(path, {"1": b""}).read_bytes()[31:78]
        directory = entry * count
        record = struct.pack(
            "<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), 31
        )
        locator = struct.pack("<4sIQI", b"PK\6\7", 0, 31 + len(directory), 1)
        end = b"PK\5\6" + b"\0" * 4 + b"\xff" * 12 + b"\0\0"
        path.write_bytes(
            zipped(path, {"1": b""}).read_bytes()[:31] + directory + record + locator + end
        )
        with zipfile.ZipFile(path) as archive:
            assert len(archive.infolist()) == count
    else:
        zipped(path, {str(number): b"" for number in range(count)})
    monkeypatch.setattr(file_sources, "MAXIMUM_ENTRIES", count - 1)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_, **__: pytest.fail("it was listed"))
    with pytest.raises(DataError, match=f"has {count:,} files, but at most {count - 1:,} are read"):
        open_source(path)


@pytest.mark.parametrize("zip_it", [True, False])
def test_a_table_that_is_too_large_is_refused(
    zip_it: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(attribute_table, "MAXIMUM_TABLE_BYTES", 1000)
    text = b"filename,label\n" + b"1.png,a\n" * 200
    for name in ("attributes.csv", "other.csv"):
        root = zipped(tmp_path / f"{name}.zip", {"1.png": IMAGE, name: text})
        if not zip_it:
            with zipfile.ZipFile(root) as archive:
                archive.extractall(root := tmp_path / name)
        with pytest.raises(DataError, match=f"'{name}' has 1,615 bytes, but at most 1,000 are"):
            load(root)


@pytest.mark.filterwarnings("ignore::xaitool.errors.DataWarning")
def test_a_large_file_of_another_table_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(attribute_table, "HEADER_BYTES", 10)
    notes = {"notes.csv": b"who,what,filename\n"}
    assert load(zipped(tmp_path / "set.zip", SPLIT | notes)).attributes == {}


def test_pipes_and_devices_as_a_dataset(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.zip")
    for path, kind in [(tmp_path / "pipe.zip", "pipe"), (Path("/dev/null"), "device")]:
        with pytest.raises(DataError, match=f"dataset '{path}' is a {kind}, but a folder of"):
            open_source(path)
    for name in ("x" * 5000, "a\0b"):
        with pytest.raises(DataError, match=r"cannot be read \((File name too|embedded)"):
            open_source(tmp_path / name)


def test_what_is_no_file_in_a_folder_is_listed(tmp_path: Path):
    (tmp_path / "a").mkdir()
    os.mkfifo(tmp_path / "a" / "pipe.png")
    (tmp_path / "a" / "link.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    source = open_source(tmp_path)
    assert (source.fingerprints, source.folders) == ({}, ("a", "a/again"))
    assert sorted(source.unreadable) == ["a/again", "a/link.png", "a/pipe.png"]


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError, match=r"cannot be read \(Permission denied\), but a folder"):
        open_source(tmp_path)
