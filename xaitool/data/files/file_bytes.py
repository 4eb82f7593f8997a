"""Reading files that people name: never a pipe or a device, which may have no end."""

from __future__ import annotations

from pathlib import Path

from xaitool.errors import DataError
from xaitool.io.folders import kind_of_mode, near_file

MAXIMUM_BYTES = 256 * 2**20
"""Largest picture file that is read; a member of a zip counts with its unpacked size."""

MAXIMUM_TABLE_BYTES = 64 * 2**20
"""Largest list or table that is read: about a million pictures, and ten times that in memory."""


def file_bytes(path: Path, name: str, wanted: str, most: int | None = None) -> bytes:
    """The content of a file.

    Args:
        path: The file.
        name: How messages call it, such as ``image 'here.png'``.
        wanted: What messages say that is wanted.
        most: Bytes that are read; the rest is left. None: all, up to `MAXIMUM_BYTES`.

    Raises:
        DataError: There is no such file, it cannot be read, it is no regular file, or it has more
            than `MAXIMUM_BYTES`.
    """
    try:
        found = path.stat()
        kind = kind_of_mode(found.st_mode)
        if kind == "a file":  # to open a pipe would wait for whoever writes into it
            check_size(name, found.st_size if most is None else 0)
            with path.open("rb") as file:
                content = file.read(MAXIMUM_BYTES if most is None else most)
    except FileNotFoundError:
        raise DataError(f"{name} does not exist, but {wanted}", hint=near_file(path)) from None
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{name} cannot be read ({reason}), but {wanted}") from None
    if kind != "a file":
        raise DataError(f"{name} is {kind}, but a file is wanted", hint=_hint(kind, path))
    return content


def check_size(name: str, size: int, most: int | None = None) -> None:
    """Refuse what is larger than `most` bytes, by default `MAXIMUM_BYTES`.

    Raises:
        DataError: It is.
    """
    most = MAXIMUM_BYTES if most is None else most
    if size > most:
        raise DataError(f"{name} has {size:,} bytes, but at most {most:,} are read")


def _hint(kind: str, path: Path) -> str | None:
    return f"a folder of images is a dataset: folder:{path}" if kind == "a folder" else None
