import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from xaitool.errors import ConfigError
from xaitool.io import lock as lock_module
from xaitool.io.lock import Lock, locked

HOLDER = """
import sys, time
from pathlib import Path
from xaitool.io.lock import Lock
lock = Lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of `tmp_path`."""
    command = [sys.executable, "-c", HOLDER, tmp_path / ".lock"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_release_removes_the_file_and_frees_it(tmp_path):
    lock = Lock(tmp_path / ".lock")
    assert (tmp_path / ".lock").read_text().startswith(f"{os.getpid()} ")
    lock.release()
    lock.release()
    assert not (tmp_path / ".lock").exists()
    Lock(tmp_path / ".lock").release()


def test_second_lock_in_this_process_is_refused(tmp_path):
    lock = Lock(tmp_path / ".lock")
    with pytest.raises(ConfigError, match="written by this process"):
        Lock(tmp_path / ".lock")
    lock.release()


def test_lock_of_a_live_process_is_refused_and_of_a_dead_one_is_taken(tmp_path, holder):
    with pytest.raises(ConfigError, match=f"written by process {holder.pid} on"):
        Lock(tmp_path / ".lock")
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert (tmp_path / ".lock").exists()
    Lock(tmp_path / ".lock").release()


def test_a_free_lock_is_taken_at_once_whatever_it_says(tmp_path):
    for text in ("17 elsewhere", f"{os.getppid()} {socket.gethostname()}", "", "\0" * 3000):
        (tmp_path / ".lock").write_text(text)
        lock = Lock(tmp_path / ".lock")
        assert (tmp_path / ".lock").read_text() == f"{os.getpid()} {socket.gethostname()}"
        lock.release()
    assert list(tmp_path.iterdir()) == []


def test_a_taken_lock_is_refused_whatever_it_says(tmp_path, holder):
    (tmp_path / ".lock").write_text("17 elsewhere")
    with pytest.raises(ConfigError, match="process 17 on elsewhere"):
        Lock(tmp_path / ".lock")
    assert (tmp_path / ".lock").read_text() == "17 elsewhere"


@pytest.fixture(params=[errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def no_locks(monkeypatch, request):
    """A file system without record locks."""

    def fail(*arguments):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr("fcntl.lockf", fail)
    monkeypatch.setattr(lock_module, "SETTLING_SECONDS", 0.0)


def dead_process():
    with subprocess.Popen(["/bin/true"]) as process:
        pass
    return process.pid


def test_without_locks_the_text_decides(tmp_path, no_locks):
    path = tmp_path / ".lock"
    path.write_text("17 elsewhere")
    with pytest.raises(ConfigError, match="process 17 on elsewhere") as caught:
        Lock(path)
    assert str(caught.value.hint).startswith(f"if that process is dead: rm {path}, or try again in")
    assert path.read_text() == "17 elsewhere"
    before = time.time() - lock_module.ABANDONED_SECONDS - 1
    os.utime(path, (before, before))
    Lock(path).release()
    path.write_text(f"{os.getppid()} {socket.gethostname()}")
    with pytest.raises(ConfigError, match=f"process {os.getppid()} on"):
        Lock(path)
    path.write_text(f"{dead_process()} {socket.gethostname()}")
    lock = Lock(path)
    assert path.read_text() == f"{os.getpid()} {socket.gethostname()}"
    lock.release()
    assert list(tmp_path.iterdir()) == []


def test_without_locks_the_owner_shows_that_it_lives(tmp_path, no_locks, monkeypatch):
    monkeypatch.setattr(lock_module, "HEARTBEAT_SECONDS", 0.01)
    lock = Lock(tmp_path / ".lock")
    os.utime(tmp_path / ".lock", (0, 0))
    deadline = time.monotonic() + 10
    while (tmp_path / ".lock").stat().st_mtime == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (tmp_path / ".lock").stat().st_mtime > 0
    lock.release()


def test_without_locks_the_last_of_two_at_once_has_it(tmp_path, no_locks, monkeypatch):
    path = tmp_path / ".lock"

    def other(seconds):
        (tmp_path / "other").write_text("17 elsewhere")
        (tmp_path / "other").replace(path)

    monkeypatch.setattr("time.sleep", other)
    with pytest.raises(ConfigError, match="process 17 on elsewhere"):
        Lock(path)
    assert path.read_text() == "17 elsewhere"


def put_link(path):
    (path.parent / "victim").write_text("x")
    path.symlink_to("victim")


@pytest.mark.parametrize("put", [put_link, os.mkfifo, Path.mkdir], ids=["link", "fifo", "folder"])
def test_what_is_no_file_is_refused(tmp_path, put):
    put(tmp_path / ".lock")
    with pytest.raises(ConfigError, match="lock is no regular file, but") as caught:
        Lock(tmp_path / ".lock")
    assert str(tmp_path / ".lock") in str(caught.value.hint)
    if put is put_link:
        assert (tmp_path / "victim").read_text() == "x"


def test_releasing_leaves_the_lock_of_who_came_after(tmp_path):
    lock = Lock(tmp_path / ".lock")
    (tmp_path / ".lock").unlink()
    (tmp_path / ".lock").write_text("another's")
    lock.release()
    assert (tmp_path / ".lock").read_text() == "another's"


def test_a_forked_child_cannot_release(tmp_path):
    lock = Lock(tmp_path / ".lock")
    child = os.fork()
    if child == 0:
        lock.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert (tmp_path / ".lock").exists()
    lock.release()


def test_locked_keeps_on_success_and_releases_on_failure(tmp_path):
    with locked(tmp_path / ".lock") as lock:
        pass
    assert (tmp_path / ".lock").exists()
    lock.release()
    with pytest.raises(ValueError, match="why"), locked(tmp_path / ".lock"):
        raise ValueError("why")
    assert not (tmp_path / ".lock").exists()
