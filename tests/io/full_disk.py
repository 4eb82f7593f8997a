"""A disk that is full: the operating system refuses to let a file grow past a limit."""

import contextlib
import resource


@contextlib.contextmanager
def full_after(size: int):
    """Every write beyond `size` bytes of a file fails with OSError, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
