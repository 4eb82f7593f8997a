"""Where the files of an image folder lie: a directory, or a ``.zip`` that is read in place."""

from __future__ import annotations

import os
import re
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from xaitool.data.files.file_bytes import check_size, file_bytes
from xaitool.errors import DataError
from xaitool.io.folders import kind_of_mode

MAXIMUM_ENTRIES = 2_000_000
"""Most files of a zip; ImageNet has 1.4 million. Python keeps about a kilobyte of each."""

PIECE = 4096
"""Bytes that are unpacked at once: `zipfile` unpacks what it is asked for, whatever the member
says of its size, and of LZMA all that so many packed bytes hold, which is up to 30 MB."""

WANTED = "a folder of images or a .zip of one is wanted"


class FileSource(ABC):
    """Named files.

    Attributes:
        title: The folder's own name.
        fingerprints: Name of every file, with ``/`` between its parts, to what is known of its
            content without reading it: its size, and in a zip its checksum.
        folders: Names of the folders in it, the empty ones, too, where they are known.
        unreadable: Names of what is not read: pipes, devices, and links that lead nowhere or to a
            folder that is read already.
    """

    title: str
    fingerprints: dict[str, str]
    folders: tuple[str, ...]
    unreadable: tuple[str, ...] = ()

    @abstractmethod
    def size(self, name: str) -> int:
        """Bytes of a file, as far as is known before it is read."""

    @abstractmethod
    def read(self, name: str, most: int | None = None) -> bytes:
        """The content of a file.

        Args:
            name: The file.
            most: Bytes that are read; the rest is left. None: all, up to `MAXIMUM_BYTES`.

        Raises:
            DataError: It cannot be read, or is larger than is allowed.
        """


class FolderSource(FileSource):
    """All files under a directory, links followed.

    Raises:
        DataError: A folder or a file in it cannot be looked at.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.title = path.resolve().name
        self._sizes: dict[str, int] = {}
        folders, unreadable = [], []
        try:
            for name, is_folder in _walk(path):
                if is_folder:
                    folders.append(name)
                elif (path / name).is_file():
                    self._sizes[name] = (path / name).stat().st_size
                else:
                    unreadable.append(name)
        except OSError as error:
            raise DataError(
                f"dataset folder '{error.filename}' cannot be read ({error.strerror}), but {WANTED}"
            ) from None
        self.fingerprints = {name: str(size) for name, size in self._sizes.items()}
        self.folders, self.unreadable = tuple(folders), tuple(unreadable)

    def size(self, name: str) -> int:
        """See `FileSource.size`."""
        return self._sizes[name]

    def read(self, name: str, most: int | None = None) -> bytes:
        """See `FileSource.read`."""
        return file_bytes(self._path / name, f"'{name}'", "a readable file is wanted", most)


class ZipSource(FileSource):
    """The members of a zip. Nothing is extracted, so no member can land outside a folder.

    Raises:
        DataError: It is damaged or no zip, has more than `MAXIMUM_ENTRIES`, or a member that has
            no name, the name of another or one that leads out of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.title = path.stem
        try:
            _check_entries(path)
            self._archive = _opened(path)
        except DataError:
            raise
        except Exception as error:  # damage shows in as many ways as there are bytes
            reason = str(error) or type(error).__name__
            raise DataError(f"dataset '{path}' cannot be opened ({reason}), but {WANTED}") from None
        self._members: dict[str, zipfile.ZipInfo] = {}
        folders = []
        for member in self._archive.infolist():
            name = _inner_name(member, path)
            if member.filename.endswith(("/", "\\")):
                folders.append(name)
            elif name in self._members:
                raise DataError(f"zip '{path}' has two members '{name}', but each once is wanted")
            else:
                self._members[name] = member
        self.folders = tuple(folders)
        self.fingerprints = {
            name: f"{member.file_size}:{member.CRC:08x}" for name, member in self._members.items()
        }

    def size(self, name: str) -> int:
        """See `FileSource.size`."""
        return self._members[name].file_size

    def read(self, name: str, most: int | None = None) -> bytes:
        """See `FileSource.read`."""
        member = self._members[name]
        if most is None:
            check_size(f"'{name}'", member.file_size)
        try:
            if member.compress_type == zipfile.ZIP_BZIP2:
                raise NotImplementedError("bzip2 unpacks without limit")
            with self._archive.open(member) as file:
                if most is not None:
                    return file.read(most)
                return b"".join(iter(lambda: file.read(PIECE), b""))
        except Exception as error:  # damage, encryption, unknown compression: one type each
            raise DataError(
                f"zip member '{name}' cannot be read ({error}), but an undamaged, unencrypted "
                "one is wanted"
            ) from None


def open_source(path: Path) -> FileSource:
    """Open a directory or a zip.

    Raises:
        DataError: It is neither, or cannot be read.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise DataError(f"dataset folder '{path}' does not exist, but {WANTED}") from None
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"dataset folder '{path}' cannot be read ({reason}), but {WANTED}"
        ) from None
    kind = kind_of_mode(mode)
    if kind == "a file":
        return ZipSource(path)
    if kind == "a folder":
        return FolderSource(path)
    raise DataError(f"dataset '{path}' is {kind}, but {WANTED}")


def _walk(path: Path) -> Iterator[tuple[str, bool]]:
    """Name of everything below, and whether it is a folder.

    Raises:
        OSError: A folder cannot be read.
    """

    def stop(error: OSError) -> None:
        raise error

    visited: set[str] = set()
    for folder, below, names in os.walk(path, onerror=stop, followlinks=True):
        real = os.path.realpath(folder)
        inside = Path(folder).relative_to(path)
        if real in visited:  # a link to a folder above would never end
            below.clear()
            yield inside.as_posix(), False
            continue
        visited.add(real)
        yield from (((inside / name).as_posix(), True) for name in below)
        yield from (((inside / name).as_posix(), False) for name in names)


def _check_entries(path: Path) -> None:
    """Refuse too many members before `zipfile` makes an object of each.

    The end of the file says how long its directory is, and the record before the end where that
    has more than 65,535 members (APPNOTE.TXT of PKWARE, 4.3).
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        tail = _last_bytes(file, size, 65_535 + 22 + 76)
        end = tail.rfind(b"PK\5\6")
        if tail[-22:-18] == b"PK\5\6" and tail[-2:] == b"\0\0":  # no comment follows
            end = len(tail) - 22
        length, start = int.from_bytes(tail[end + 12 : end + 16], "little"), end
        if end >= 76 and tail[end - 76 : end - 72] == b"PK\6\6":
            start = end - 76
            length = int.from_bytes(tail[start + 40 : start + 48], "little")
        check_size(f"directory of zip '{path}'", min(length, size))
        directory = _last_bytes(file, size - len(tail) + start, length)
    if (count := directory.count(b"PK\1\2")) > MAXIMUM_ENTRIES:
        raise DataError(
            f"zip '{path}' has {count:,} files, but at most {MAXIMUM_ENTRIES:,} are read"
        )


def _last_bytes(file: BinaryIO, end: int, length: int) -> bytes:
    """So many bytes of a file before `end`, or as many as there are."""
    start = max(0, end - length)
    file.seek(start)
    return file.read(max(0, end - start))


def _opened(path: Path) -> zipfile.ZipFile:
    """Names that are not marked as UTF-8 are mostly that all the same, else of code page 437."""
    try:
        return zipfile.ZipFile(path, metadata_encoding="utf-8")
    except UnicodeDecodeError:
        return zipfile.ZipFile(path)


def _inner_name(member: zipfile.ZipInfo, path: Path) -> str:
    """The name with ``/`` between its parts, also where Windows or ``./`` made another of it."""
    name = member.filename.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not name:
        raise DataError(f"zip '{path}' has a member without a name, but names are wanted")
    if name.startswith("/") or ".." in parts or re.match("[A-Za-z]:/", name):
        raise DataError(
            f"zip '{path}' has a member '{member.filename}', but names inside the folder are wanted"
        )
    return "/".join(parts)
