"""Folders and files of ours: made, checked and emptied without following a link out of them."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path

from xaitool.errors import ConfigError
from xaitool.near_names import near_names

# What is written beside a file has its name and at most this much more: ``.NAME.PID.partial``.
LONGEST_ADDITION = "..4194304.partial"

_KINDS: dict[str, Callable[[int], bool]] = {
    "a link": stat.S_ISLNK,
    "a folder": stat.S_ISDIR,
    "a file": stat.S_ISREG,
    "a pipe": stat.S_ISFIFO,
    "a socket": stat.S_ISSOCK,
}


def kind_of(path: Path) -> str | None:
    """What lies there, in words, such as ``a link``; None where there is nothing."""
    try:
        return kind_of_mode(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None


def kind_of_mode(mode: int) -> str:
    """What a path of this ``st_mode`` is, in words, such as ``a file``."""
    return next((name for name, is_one in _KINDS.items() if is_one(mode)), "a device")


def is_stream(path: Path) -> bool:
    """Whether it is, or leads to, a pipe, a socket or a device: to open one may wait for ever."""
    return path.exists() and not path.is_file() and not path.is_dir()


def check_folder(path: Path) -> None:
    """Refuse what stands in place of a folder of ours; one that is absent will do.

    Raises:
        ConfigError: It is a link, from which no folder of ours is reached, or no folder.
    """
    kind = kind_of(path)
    if kind not in (None, "a folder"):
        raise ConfigError(
            f"{path} is {kind}, but a folder is wanted in its place",
            hint=f"remove or rename {path}",
        )


def check_file(path: Path) -> None:
    """Refuse what stands in place of a file of ours; one that is absent will do, and so a link.

    Whoever writes the file puts it in the place of the link; what that leads to stays.

    Raises:
        ConfigError: It is, or leads to, something else than a file.
    """
    kind = kind_of(path)
    if kind == "a link":
        kind = kind_of(path.resolve())
    if kind not in (None, "a file"):
        raise ConfigError(
            f"{path} is {kind}, but a file is wanted in its place", hint=f"remove or rename {path}"
        )


def check_out_folder(path: Path) -> None:
    """Refuse an ``--out`` that is no folder; it may be absent, or a link to a folder.

    Raises:
        ConfigError: It is a file, or a link that leads nowhere.
    """
    kind = kind_of(path)
    if kind is None or path.is_dir():
        return
    kind = f"{kind} that leads to no folder" if kind == "a link" else kind
    raise ConfigError(f"--out {path} is {kind}, but a folder is wanted")


def check_writable(path: Path) -> None:
    """Refuse a place where nothing can be written, or made, before long work; writes nothing.

    Raises:
        ConfigError: The folder, or the nearest one above it that exists, is none or is not
            writable.
    """
    there = next(one for one in (path, *path.absolute().parents) if os.path.lexists(one))
    if not there.is_dir():
        raise ConfigError(f"{path} cannot be made: {there} is {kind_of(there)}, but no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ConfigError(f"{path} cannot be written: {there} is not writable, but has to be")


def check_name(path: Path) -> None:
    """Refuse a name so long that what is written beside it could not be named.

    Raises:
        ConfigError: It is.
    """
    try:
        kind_of(Path(f"{path}{LONGEST_ADDITION}"))
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise ConfigError(
            f"the name of {path} is too long, but the system wants a shorter one"
        ) from None


def make_folder(path: Path) -> None:
    """Make a folder of ours, and those that it lies in.

    Raises:
        ConfigError: As `check_folder`.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(parents=True)
    check_folder(path)


def remove_files(folder: Path, name: re.Pattern[str], *, older_than: float = 0.0) -> None:
    """Remove the files and links in a folder whose whole names match; an absent folder has none.

    The folder is held open, so that nobody can put a link in its place meanwhile.

    Args:
        folder: The folder.
        name: Matches the names.
        older_than: Only what was not changed for so many seconds.

    Raises:
        ConfigError: It is a link or no folder.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError:
        check_folder(folder)
        raise
    try:
        for entry in os.listdir(descriptor):
            if name.fullmatch(entry):
                # Another process may remove it meanwhile.
                with contextlib.suppress(FileNotFoundError):
                    _remove(entry, descriptor, older_than)
    finally:
        os.close(descriptor)


def _remove(entry: str, descriptor: int, older_than: float) -> None:
    status = os.stat(entry, dir_fd=descriptor, follow_symlinks=False)
    young = older_than > 0 and time.time() - status.st_mtime < older_than
    if not stat.S_ISDIR(status.st_mode) and not young:
        os.unlink(entry, dir_fd=descriptor)


def near_file(path: Path) -> str | None:
    """A hint of what lies beside a path that does not exist and is spelt like it; None: nothing."""
    try:
        near = near_names(path.name, os.listdir(path.parent), count=1)
    except (OSError, ValueError):
        return None
    return f"did you mean '{path.parent / near[0]}'?" if near else None
