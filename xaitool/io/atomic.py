"""Files that appear whole or not at all: written beside their name, then renamed onto it."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from xaitool.errors import ConfigError
from xaitool.io.folders import remove_files

if TYPE_CHECKING:
    from PIL import Image

# Seconds after which nobody is still writing a file, where no lock says so.
LONG_AGO = 24 * 3600.0


@contextlib.contextmanager
def atomic_write(path: Path, *, follow: bool = False) -> Iterator[BinaryIO]:
    """Open a file that takes its name only when the block ends without an exception.

    The bytes go to ``.NAME.PID.partial`` in the same folder (a rename across file systems would
    copy), reach the disk, and are renamed; until then the old file is intact.

    Args:
        path: The file to create or replace; its folder exists.
        follow: Write where a link leads to, for a file that the user named. Otherwise the file
            takes the place of the link, so that nothing outside its folder is touched.

    Yields:
        A binary file, readable and seekable.

    Raises:
        ConfigError: `path` exists and is no regular file.
        OSError: The folder cannot be written, or the disk is full; it names `path`.
    """
    target = Path(os.path.realpath(path)) if follow else path
    if target.exists() and not target.is_file():
        raise ConfigError(f"{path} is no regular file, but a file to write is wanted")
    partial = target.parent / f".{target.name}.{os.getpid()}.partial"
    try:
        # An earlier process of the same number may have been killed here.
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with os.fdopen(descriptor, "w+b") as file:
            yield cast(BinaryIO, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
        _sync_folder(target.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(partial)):
            error.filename = str(path)
        raise


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as `atomic_write` does; what is no character is escaped as JSON does."""
    with atomic_write(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def write_png(path: Path, picture: Image.Image, *, follow: bool = False) -> None:
    """Write a picture as `atomic_write` does."""
    with atomic_write(path, follow=follow) as file:
        picture.save(file, format="PNG")


def write_json(path: Path, value: Any) -> None:
    """Write a plain value as indented JSON, keys in their order, NaN and infinity as null."""
    write_text(path, json.dumps(finite(value), indent=2, ensure_ascii=False) + "\n")


def finite(value: Any) -> Any:
    """The same plain value with None for every NaN and infinity, which JSON does not have."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def remove_partials(folder: Path, name: str = ".+", *, older_than: float = 0.0) -> None:
    """Remove what killed writers left in a folder; for who holds its lock, or of long ago.

    Args:
        folder: Where they wrote; may be absent.
        name: Only of files whose names match this regular expression.
        older_than: Only what was not changed for so many seconds.
    """
    remove_files(folder, re.compile(rf"\.{name}\.[0-9]+\.partial"), older_than=older_than)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems cannot sync a folder; the rename itself is still atomic.
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
