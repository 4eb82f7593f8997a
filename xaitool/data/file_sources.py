"""Where the files of an image folder lie: a directory, or a ``.zip`` that is read in place."""

from __future__ import annotations

import os
import zipfile
from abc import ABC, abstractmethod
from pathlib import Path

from xaitool.data.images import MAXIMUM_BYTES
from xaitool.errors import DataError


class FileSource(ABC):
    """Named files.

    Attributes:
        title: The folder's own name.
        fingerprints: Name of every file, with ``/`` between its parts, to what is known of its
            content without reading it: its size, and in a zip its checksum.
    """

    title: str
    fingerprints: dict[str, str]

    @abstractmethod
    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            DataError: It cannot be read, or has more than `MAXIMUM_BYTES`.
        """


class FolderSource(FileSource):
    """All files under a directory, links followed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.title = path.resolve().name
        self.fingerprints = {
            file.relative_to(path).as_posix(): str(file.stat().st_size) for file in _files(path)
        }

    def read(self, name: str) -> bytes:
        """See `FileSource.read`."""
        _check_size(name, int(self.fingerprints[name]))
        try:
            return (self._path / name).read_bytes()
        except OSError as error:
            raise DataError(
                f"image '{name}' cannot be read ({error.strerror}), but a readable file is wanted"
            ) from None


class ZipSource(FileSource):
    """The members of a zip. Nothing is extracted, so no member can land outside a folder."""

    def __init__(self, path: Path) -> None:
        self.title = path.stem
        self._archive = zipfile.ZipFile(path)
        self._members = {
            member.filename: member for member in self._archive.infolist() if not member.is_dir()
        }
        self.fingerprints = {
            name: f"{member.file_size}:{member.CRC:08x}" for name, member in self._members.items()
        }

    def read(self, name: str) -> bytes:
        """See `FileSource.read`."""
        # zipfile never unpacks more than the size that the member declares.
        _check_size(name, self._members[name].file_size)
        try:
            return self._archive.read(self._members[name])
        except Exception as error:  # damage, encryption, unknown compression: one type each
            raise DataError(
                f"zip member '{name}' cannot be read ({error}), but an undamaged, unencrypted "
                "one is wanted"
            ) from None


def open_source(path: Path) -> FileSource:
    """Open a directory or a zip.

    Raises:
        DataError: It is neither.
    """
    wanted = "a folder of images or a .zip of one is wanted"
    if path.is_dir():
        return FolderSource(path)
    if not path.exists():
        raise DataError(f"dataset folder '{path}' does not exist, but {wanted}")
    try:
        return ZipSource(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"dataset '{path}' cannot be opened ({error}), but {wanted}") from None


def _files(path: Path) -> list[Path]:
    found: list[Path] = []
    visited: set[str] = set()
    for folder, below, names in os.walk(path, followlinks=True):
        real = os.path.realpath(folder)
        if real in visited:  # a link to a folder above would never end
            below.clear()
            continue
        visited.add(real)
        files = (Path(folder, name) for name in names)
        found += [file for file in files if file.is_file()]
    return found


def _check_size(name: str, size: int) -> None:
    if size > MAXIMUM_BYTES:
        raise DataError(
            f"image '{name}' has {size:,} bytes, but at most {MAXIMUM_BYTES:,} are wanted"
        )
