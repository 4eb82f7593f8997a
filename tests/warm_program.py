"""The program without its start: `xaitool` for shell scripts, run in forks of one warm process.

A command of a README takes some seconds of which most go by in ``import torch``. `warm_program`
starts a process that has imported what commands need and computed nothing, and makes a folder that
holds an ``xaitool`` for the front of PATH. That hands over its arguments, folder, environment and
streams, and ends as the fork that ran them. How the program starts is for other tests.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

MODULES = (
    *("cli.app", "cli.program", "report.curves", "report.heat_map", "report.sample_grid"),
    "workflows.gans.train_gan",
    "workflows.counterfactuals.train_baseline_gan",
    "workflows.classifiers.train_classifier",
    "workflows.explanations.explain",
    "workflows.evaluation.evaluate",
    "workflows.recommenders.fit",
    *("core.attribution.saliency", "core.attribution.integrated_gradients"),
)
# A client must not import what it wants to save: no site-packages, nothing but this.
CLIENT = """#!{python} -IS
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
request = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(server, [len(request).to_bytes(4, "big")], [0, 1, 2])
server.sendall(request)
sys.exit(int(server.recv(16) or b"1"))
"""


@contextlib.contextmanager
def warm_program(folder: Path) -> Iterator[Path]:
    """The folder with ``xaitool``, while the process lives.

    Args:
        folder: An empty one; its path is short, as those of sockets are.
    """
    address = folder / "socket"
    client = folder / "xaitool"
    client.write_text(CLIENT.format(python=sys.executable, address=str(address)))
    client.chmod(0o755)
    command = [sys.executable, "-m", "tests.warm_program", str(address)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            yield folder
        finally:
            server.terminate()


def import_program() -> None:
    """Import what commands need; one thread, as more would not survive a fork."""
    import torch

    torch.set_num_threads(1)
    for name in MODULES:
        importlib.import_module(f"xaitool.{name}")


def serve(address: str) -> NoReturn:
    """Run each command in a fork."""
    import_program()
    importlib.import_module("torch._dynamo")  # the first optimiser's wish
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _answer(connection)
            connection.close()


def _answer(connection: socket.socket) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, streams, _, _ = socket.recv_fds(connection, 4, 3)
    request = b""
    while len(request) < int.from_bytes(size, "big"):
        request += connection.recv(1 << 16)
    arguments, folder, environment = json.loads(request)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["xaitool", *arguments]
    status = _status()
    connection.sendall(str(status).encode())
    os._exit(status)


def _status() -> int:
    from xaitool.cli.app import main

    try:
        main()
    except SystemExit as ended:
        sys.stdout.flush()
        return int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    os.environ |= {"OMP_NUM_THREADS": "1"}
    serve(sys.argv[1])
