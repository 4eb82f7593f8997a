"""The zip archives that `torch.save` writes, looked at before torch believes them.

torch reads what the archive's directory says and looks at no checksum: a changed bit would be
another weight, and a directory that lies would be all of the memory.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MAGIC = b"PK\x03\x04"

_AT_ONCE = 2**20
# Of such a member torch reads nothing, and takes the memory as it finds it.
_IS_FOLDER = 0x10
# The only function that torch lets a file call which takes memory without having bytes for it.
_FILLS_MEMORY = re.compile(rb"c(?:__builtin__|builtins)\nbytearray\n")


def is_archive(path: Path) -> bool:
    """Whether a file begins as a zip archive; torch decides by the same bytes."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def archive_fault(path: Path) -> str | None:
    """What is wrong with an archive, in a few words; None where it is as torch writes it.

    Its members are stored as they are, lie one after another within the file, and have the
    checksums that the directory says. An archive without a single checksum, as torch writes it
    with ``torch.serialization.set_crc32_options(False)``, is not checked by them.

    Args:
        path: A file that begins as an archive.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            return (
                _directory_fault(file, archive.start_dir)
                or _layout_fault(file, members, archive.start_dir)
                or _content_fault(file, archive, members)
            )
    except (zipfile.BadZipFile, RuntimeError, ValueError, LookupError, OverflowError, struct.error):
        return "its directory is damaged"


def pickle_size(path: Path) -> int:
    """Bytes of the pickle that says how the tensors hang together."""
    with zipfile.ZipFile(path) as archive:
        return sum(one.file_size for one in archive.infolist() if _is_pickle(one))


def _directory_fault(file: BinaryIO, start: int) -> str | None:
    """Two readers of zip must not see two directories: it ends the file, and nothing is hidden."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 98))
    tail = file.read()
    if tail[-22:-18] != b"PK\x05\x06" or tail[-2:] != b"\0\0":
        return "its directory does not end the file"
    length, offset = struct.unpack("<LL", tail[-10:-2])
    end = size - 22
    if tail[-42:-38] == b"PK\x06\x07":
        end = size - 98
        if struct.unpack("<Q", tail[-34:-26])[0] != end or tail[:4] != b"PK\x06\x06":
            return "it has more than one directory"
        length, offset = struct.unpack("<QQ", tail[40:56])
    if offset + length != end or offset != start:
        return "its directory does not fit the file"
    return None


def _layout_fault(file: BinaryIO, members: list[zipfile.ZipInfo], end: int) -> str | None:
    if len({member.filename for member in members}) != len(members):
        return "two members have one name"
    start = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            return "a member is compressed"
        if member.is_dir() or member.external_attr & _IS_FOLDER:
            return "a member is a folder"
        if member.header_offset < start:
            return "members overlap"
        start = _first_byte(file, member) + member.file_size
    return "a member is larger than the file" if start > end else None


def _content_fault(
    file: BinaryIO, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]
) -> str | None:
    """One pass over all bytes, a piece at a time."""
    has_checksums = any(member.CRC for member in members)
    for member in members:
        # Python compares the names in the directory and before the content, which torch does not.
        archive.open(member).close()
        if _is_pickle(member) and _FILLS_MEMORY.search(b"".join(_pieces(file, member))):
            return "it holds more than tensors and plain values"
        checksum = 0
        for piece in _pieces(file, member) if has_checksums else ():
            checksum = zlib.crc32(piece, checksum)
        if checksum != member.CRC:
            return "a checksum is wrong"
    return None


def _pieces(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    file.seek(_first_byte(file, member))
    left = member.file_size
    while piece := file.read(min(left, _AT_ONCE)):
        left -= len(piece)
        yield piece


def _first_byte(file: BinaryIO, member: zipfile.ZipInfo) -> int:
    """Where the content begins: after a header of its own, whose length is not the directory's."""
    file.seek(member.header_offset + 26)
    name, extra = struct.unpack("<HH", file.read(4))
    return int(member.header_offset + 30 + name + extra)


def _is_pickle(member: zipfile.ZipInfo) -> bool:
    return member.filename.endswith("data.pkl")
