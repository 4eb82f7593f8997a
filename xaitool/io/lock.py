"""One writer a folder: a lock file that names its owner and dies with it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from xaitool.errors import ConfigError

_held: set[Path] = set()


class Lock:
    """Exclusive right to write a folder, until `release` or the end of the process.

    The operating system's record lock says whether the owner lives: unlike a process number alone
    it cannot be confused with a later process, and unlike ``flock`` it is not inherited by
    data-loading workers that outlive a killed parent. The content ``PID HOST`` is for messages,
    and for file systems whose locks do not reach other machines.

    Args:
        path: The lock file.

    Raises:
        ConfigError: A live process, or one on another machine, has the lock.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        if self.path in _held:
            raise _taken(path, "this process")
        self._file = _open_locked(path)
        owner = self._file.read()
        if owner and owner.partition(" ")[2] != socket.gethostname():
            self._file.close()
            raise _taken(path, f"process {owner.replace(' ', ' on ')}", abandoned=True)
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"{os.getpid()} {socket.gethostname()}")
        self._file.flush()
        self._owner = os.getpid()
        _held.add(self.path)

    def release(self) -> None:
        """Give the lock back; a forked child cannot."""
        if self.path not in _held or os.getpid() != self._owner:
            return
        self.path.unlink(missing_ok=True)
        self._file.close()
        _held.discard(self.path)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[Lock]:
    """Take a lock for longer than the block; it is given back here only when the block fails."""
    lock = Lock(path)
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


def _open_locked(path: Path) -> IO[str]:
    while True:
        file = path.open("a+")
        file.seek(0)
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                owner = file.read().replace(" ", " on ") or "that is starting"
                file.close()
                raise _taken(path, f"process {owner}") from None
            # A file system without locks: the content alone has to do.
        if _is_still_there(file, path):
            return file
        file.close()


def _is_still_there(file: IO[str], path: Path) -> bool:
    """False when the last owner removed the file between our opening and locking it."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _taken(path: Path, owner: str, *, abandoned: bool = False) -> ConfigError:
    return ConfigError(
        f"{path.parent} is being written by {owner}, but one writer is allowed",
        hint=f"if that process is dead: rm {path}" if abandoned else None,
    )
