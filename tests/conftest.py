"""What every test shares: a plain terminal, a cache of its own, and the program as a subprocess."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the cores; before torch is imported
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell that starts the tests with & has Ctrl-C ignored, in them and in every program they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Every program that a test starts would compile all modules anew: a quarter of the tests' time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

PLAIN = {"TTY_COMPATIBLE": "0", "NO_COLOR": "1", "COLUMNS": "100"}


@pytest.fixture(scope="session", autouse=True)
def _plain_environment(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No colours, no user's cache; one for all workers, so that networks train once."""
    folder = tmp_path_factory.getbasetemp()
    session = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    os.environ.update(PLAIN, XDG_CACHE_HOME=str(session / "cache"))


@pytest.fixture(autouse=True)
def _any_algorithm() -> Iterator[None]:
    """A command asks torch for deterministic algorithms, and stays in this process."""
    yield
    if torch := sys.modules.get("torch"):
        torch.use_deterministic_algorithms(False)


@pytest.fixture
def real_data() -> Path:
    """The folder of real data; the test is skipped without it."""
    folder = os.environ.get("XAITOOL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("XAITOOL_DATA names no folder of real data")
    return Path(folder)


Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def xaitool(tmp_path: Path) -> Program:
    """Run the program in an empty folder: ``xaitool("explain", "--help")``."""

    def run(
        *arguments: str | Path, stdin: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "xaitool", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=600,
        )

    return run
