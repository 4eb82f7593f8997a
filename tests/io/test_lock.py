import os
import signal
import subprocess
import sys

import pytest

from xaitool.errors import ConfigError
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


def test_lock_of_another_machine_is_refused_with_a_way_out(tmp_path):
    (tmp_path / ".lock").write_text("17 elsewhere")
    with pytest.raises(ConfigError, match="process 17 on elsewhere") as caught:
        Lock(tmp_path / ".lock")
    assert caught.value.hint == f"if that process is dead: rm {tmp_path / '.lock'}"
    assert (tmp_path / ".lock").read_text() == "17 elsewhere"


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
