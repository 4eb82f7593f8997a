"""One writer a folder: a lock file that names its owner and dies with it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from xaitool.errors import ConfigError

# Where a file system has no record locks, the owner touches the file so often, ...
HEARTBEAT_SECONDS = 30.0
# ... and is believed to be dead when it has not done so for that long.
ABANDONED_SECONDS = 300.0
# Who else takes over an abandoned lock at the same moment has done so by then.
SETTLING_SECONDS = 1.0

_TAKEN = (errno.EACCES, errno.EAGAIN)
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_held: set[Path] = set()


class Lock:
    """Exclusive right to write a folder, until `release` or the end of the process.

    The operating system's record lock says whether the owner lives, on whichever machine it is:
    unlike a process number it cannot be confused with a later process, and unlike ``flock`` it is
    not inherited by data-loading workers that outlive a killed parent. Who gets it has the right,
    whatever the file says: its content ``PID HOST`` is for messages.

    Where the file system has no record locks, the content decides: it is the owner's until its
    process is gone, if that ran on this machine, or until it has not been touched for
    `ABANDONED_SECONDS`.

    Args:
        path: The lock file.

    Raises:
        ConfigError: A live process has the lock, or no file can lie there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.parent.resolve() / path.name
        text = f"{os.getpid()} {socket.gethostname()}"
        self._owner = os.getpid()
        self._released = threading.Event()
        self._heartbeat: threading.Thread | None = None
        if self.path in _held:
            raise _taken(path, "this process")
        descriptor = _open_locked(path)
        if descriptor is None:
            self._descriptor = _claim(path, text)
            self._heartbeat = threading.Thread(target=self._keep_fresh, daemon=True)
            self._heartbeat.start()
        else:
            self._descriptor = descriptor
            # On a full disk the message has no name to give.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, text.encode(), 0)
        _held.add(self.path)

    def release(self) -> None:
        """Give the lock back; a forked child cannot."""
        if self.path not in _held or os.getpid() != self._owner:
            return
        self._released.set()
        if self._heartbeat is not None:
            self._heartbeat.join()
        # The folder may be gone, and another writer's lock of the same name be there.
        if _is_still_there(self._descriptor, self.path):
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)
        _held.discard(self.path)

    def _keep_fresh(self) -> None:
        while not self._released.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(OSError):
                os.utime(self._descriptor)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[Lock]:
    """Take a lock for longer than the block; it is given back here only when the block fails."""
    lock = Lock(path)
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


def _open_locked(path: Path) -> int | None:
    """The lock file, locked; None where the file system has no locks."""
    while True:
        descriptor = _open(path)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = _read(descriptor)
            os.close(descriptor)
            if error.errno in _TAKEN:
                raise _taken(path, _named(owner)) from None
            if error.errno in _NO_LOCKS:
                return None
            raise
        if _is_still_there(descriptor, path):
            return descriptor
        os.close(descriptor)


def _open(path: Path) -> int:
    """Open the lock file, or make it; neither follows a link nor waits at a FIFO."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno in (errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.ENODEV):
            raise _no_file(path) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _no_file(path)
    return descriptor


def _claim(path: Path, text: str) -> int:
    """Take the right without locks, unless its owner lives.

    Of several that do so at once the last one to rename has it, which shows when they settled.
    """
    temporary = path.with_name(f"{path.name}.{socket.gethostname()}.{os.getpid()}.partial")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        os.write(descriptor, text.encode())
        _check_abandoned(path, now=os.fstat(descriptor).st_mtime)
        os.replace(temporary, path)
        time.sleep(SETTLING_SECONDS)
        if not _is_still_there(descriptor, path):
            raise _taken(path, _named(_owner_in(path)))
    except BaseException:
        temporary.unlink(missing_ok=True)
        os.close(descriptor)
        raise
    return descriptor


def _check_abandoned(path: Path, *, now: float) -> None:
    """Refuse a lock whose owner lives; `now` is the time of the machine that has the file."""
    owner = _owner_in(path)
    number, _, host = owner.partition(" ")
    if not owner or (host == socket.gethostname() and not _is_alive(number)):
        return
    left = ABANDONED_SECONDS - (now - path.stat().st_mtime)
    if left > 0:
        raise _taken(
            path,
            _named(owner),
            hint=f"if that process is dead: rm {quote(str(path))}, or try again in {left:.0f} s",
        )


def _is_alive(number: str) -> bool:
    try:
        os.kill(int(number), 0)
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _owner_in(path: Path) -> str:
    descriptor = _open(path)
    try:
        return _read(descriptor)
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode(errors="replace")


def _named(owner: str) -> str:
    return f"process {owner.replace(' ', ' on ') or 'that is starting'}"


def _is_still_there(descriptor: int, path: Path) -> bool:
    """False when the last owner removed the file between our opening and locking it."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except (FileNotFoundError, NotADirectoryError):
        return False


def _taken(path: Path, owner: str, *, hint: str | None = None) -> ConfigError:
    return ConfigError(
        f"{path.parent} is being written by {owner}, but one writer is allowed", hint=hint
    )


def _no_file(path: Path) -> ConfigError:
    return ConfigError(
        f"{path} is no regular file, but a lock file is wanted",
        hint=f"remove or rename {quote(str(path))}",
    )
