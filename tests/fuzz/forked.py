"""The program in a forked child: as apart as a subprocess, without its seconds of imports.

A child can run out of memory, hang or crash in a C library, and only the test that forked it fails.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path
from typing import NamedTuple, NoReturn

import torch

from xaitool.cli.app import main

MEMORY = 3 * 2**30
"""Bytes of address space that a child may take beside what its parent has."""

SECONDS = 60
"""After these a child hangs."""


class Ended(NamedTuple):
    """How a child ended.

    Attributes:
        status: Exit status, or minus the signal that ended it.
        stdout: What it printed.
        stderr: What it said.
    """

    status: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: str, stdin: bytes = b"") -> Ended:
    """Run ``xaitool ARGUMENTS`` in `folder`, without network, in bounded memory and time."""
    streams = [folder / f".std{name}" for name in ("in", "out", "err")]
    streams[0].write_bytes(stdin)
    torch.set_num_threads(1)  # a child has no threads but the one that forked
    child = os.fork()
    if child == 0:
        _be_the_program(folder, arguments, streams)
    status = _wait(child)
    texts = [path.read_bytes().decode(errors="replace") for path in streams[1:]]
    for path in streams:
        path.unlink()
    return Ended(status, *texts)


def _wait(child: int) -> int:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGALRM


def _be_the_program(folder: Path, arguments: tuple[str, ...], streams: list[Path]) -> NoReturn:
    status: int | str | None = 99
    try:
        os.chdir(folder)
        for number, path in enumerate(streams):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(path, flags), number)
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
            for number, mode, errors in (
                (0, "r", "surrogateescape"),
                (1, "w", "strict"),
                (2, "w", "backslashreplace"),
            )
        )
        socket.socket.connect = _no_network  # type: ignore[method-assign]
        limit = _address_space() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        sys.argv = ["xaitool", *arguments]
        main()
    except SystemExit as ended:
        status = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else int(status is not None))


def _no_network(*_: object) -> NoReturn:
    raise OSError("no network in tests")


def _address_space() -> int:
    pages = Path("/proc/self/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()
