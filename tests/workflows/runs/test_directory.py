import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.io.full_disk import full_after
from xaitool.errors import ArtifactError, ConfigError, DivergenceError, InputError, StoppedBySignal
from xaitool.io.atomic import write_json
from xaitool.io.checkpoints import save_checkpoint
from xaitool.workflows.runs.directory import (
    RunDirectory,
    check_free,
    compare_config,
    default_run_path,
    read_json,
)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "runs" / "a"


def status(out):
    return json.loads((out / "status.json").read_text())


def make_run(out, *, checkpoint=True):
    """A run that wrote one of everything."""
    with RunDirectory.create(out) as run:
        run.write_config({"seed": 0})
        run.write_environment({"host": "x"})
        run.metrics.append({"epoch": 0, "step": 1})
        (run.samples / "000001.png").touch()
        (run.plots / "loss.png").touch()
        if checkpoint:
            save_checkpoint(run.last, "gan", {})
        run.write_progress(2, 30)


def files(out):
    return {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}


def test_a_run_from_start_to_end(out):
    with RunDirectory.create(out) as run:
        assert run.path == out
        assert status(out)["state"] == "running"
        assert not run.last.is_file()
        run.write_progress(3, 40)
        run.write_config({"seed": 0, "rate": 0.5})
        assert run.read_config() == {"seed": 0, "rate": 0.5}
        assert (out / ".lock").exists()
    found = status(out)
    updated = datetime.fromisoformat(found.pop("updated"))
    assert abs(datetime.now(UTC) - updated) < timedelta(minutes=1)
    expected = {"state": "completed", "epoch": 3, "step": 40, "signal": None, "error": None}
    assert found == expected
    assert not (out / ".lock").exists()


@pytest.mark.parametrize(
    ("error", "state", "name", "text"),
    [
        (StoppedBySignal(signal.SIGTERM, "stopped"), "interrupted", "SIGTERM", None),
        (KeyboardInterrupt(), "interrupted", "SIGINT", None),
        (DivergenceError("loss is nan"), "diverged", None, "loss is nan"),
        (ValueError("why"), "failed", None, "why"),
        (MemoryError(), "failed", None, "MemoryError"),
    ],
)
def test_how_a_run_ended(out, error, state, name, text):

    def run_and_fail():
        with RunDirectory.create(out) as run:
            run.write_progress(1, 2)
            raise error

    with pytest.raises(type(error)):
        run_and_fail()
    found = status(out)
    assert (found["state"], found["signal"], found["error"]) == (state, name, text)
    assert (found["epoch"], found["step"]) == (1, 2)


def test_a_full_disk_does_not_hide_why_the_run_ended(out):
    run = RunDirectory.create(out)
    run.__enter__()
    before = status(out)
    with full_after(0):
        run.__exit__(ValueError, ValueError("why"), None)
    assert status(out) == before
    assert not (out / ".lock").exists()


def test_an_existing_run_is_not_touched_unasked(out):
    make_run(out)
    before = files(out)
    anew = "replace it with --overwrite"
    for command, state, hint in [
        ("train-gan", "completed", anew),
        (None, "interrupted", anew),
        (
            "train-gan",
            "interrupted",
            f"continue it with xaitool train-gan --resume {out}, or {anew}",
        ),
    ]:
        write_json(out / "status.json", {"state": state})
        with pytest.raises(ConfigError, match="is not empty") as caught:
            RunDirectory.create(out, command=command)
        assert caught.value.hint == hint
    assert files(out) == before


def test_overwrite_removes_what_a_run_wrote(out):
    make_run(out)
    (out / ".last.pt.17.partial").touch()
    (out / "samples" / ".000001.png.17.partial").touch()
    (out / "diverged.pt").touch()
    with RunDirectory.create(out, overwrite=True) as run:
        assert files(out) == {".lock", "status.json"}
        assert not run.last.is_file()
    assert status(out)["step"] == 0


@pytest.mark.parametrize(
    "name",
    [
        *("thesis.tex", "samples/notes.txt", "samples/deep/a.png", "sub/config.json", "a.png"),
        "other",
    ],
)
def test_overwrite_refuses_where_other_files_are(out, name, tmp_path):
    make_run(out)
    (out / name).parent.mkdir(exist_ok=True)
    if name == "other":
        (out / name).symlink_to(tmp_path)
    else:
        (out / name).touch()
    before = files(out)
    with pytest.raises(ConfigError, match=f"holds {name}, but"):
        RunDirectory.create(out, overwrite=True)
    assert files(out) == before


def test_overwrite_does_not_follow_links(out, tmp_path):
    make_run(out)
    precious = tmp_path / "precious.pt"
    precious.write_text("x")
    (out / "best.pt").symlink_to(precious)
    with RunDirectory.create(out, overwrite=True):
        pass
    assert precious.read_text() == "x"
    assert not (out / "best.pt").exists()


@pytest.mark.parametrize("name", ["samples", "plots"])
@pytest.mark.parametrize("put", ["link", "file", "fifo"])
def test_what_is_in_place_of_a_folder_is_refused(out, tmp_path, name, put):
    make_run(out)
    victim = tmp_path / "victim"
    (out / name).rename(victim)
    if put == "link":
        (out / name).symlink_to(victim)
    elif put == "file":
        (out / name).touch()
    else:
        os.mkfifo(out / name)
    before = files(out) | files(victim)
    for open_run in (
        lambda: RunDirectory.resume(out),
        lambda: RunDirectory.create(out, overwrite=True),
        lambda: check_free(out, overwrite=True),
    ):
        with pytest.raises(ConfigError, match=f"{name} is a .*, but a folder is wanted") as caught:
            open_run()
        assert caught.value.exit_code == 2
    assert files(out) | files(victim) == before


@pytest.mark.parametrize("name", ["last.pt", "config.json", "status.json", "metrics.jsonl"])
@pytest.mark.parametrize("put", [Path.mkdir, os.mkfifo], ids=["folder", "fifo"])
def test_what_is_in_place_of_a_file_is_refused(out, name, put):
    make_run(out)
    (out / name).unlink()
    put(out / name)
    for open_run in (
        lambda: RunDirectory.resume(out),
        lambda: RunDirectory.create(out, overwrite=True),
        lambda: RunDirectory.create(out, leftovers_of="train-gan"),
    ):
        with pytest.raises(InputError, match=r"but (a file is wanted|--resume continues)"):
            open_run()


def test_a_run_lives_behind_a_link_that_the_user_made(out, tmp_path):
    (tmp_path / "scratch").mkdir()
    out.parent.mkdir()
    out.symlink_to(tmp_path / "scratch")
    make_run(out)
    with RunDirectory.resume(out), pytest.raises(ConfigError, match="written by this process"):
        RunDirectory.create(tmp_path / "scratch", overwrite=True)
    with RunDirectory.create(out, overwrite=True) as run:
        assert files(tmp_path / "scratch") == {".lock", "status.json"}
        assert run.path == out
    assert out.is_symlink()


def test_a_link_that_leads_nowhere_is_refused(out, tmp_path):
    out.parent.mkdir()
    out.symlink_to(tmp_path / "nowhere")
    for overwrite in (False, True):
        with pytest.raises(ConfigError, match="is a link that leads to no folder, but"):
            RunDirectory.create(out, overwrite=overwrite)
    assert not (tmp_path / "nowhere").exists()


def test_files_that_are_links_are_replaced_and_not_written_through(out, tmp_path):
    make_run(out)
    for name in ("metrics.jsonl", "status.json", "config.json"):
        (out / name).rename(tmp_path / name)
        (out / name).symlink_to(tmp_path / name)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with RunDirectory.resume(out) as run:
        run.metrics.truncate_after(0, 1)
        run.metrics.append({"epoch": 0, "step": 1})
        run.write_config({"seed": 1})
    assert {path: path.read_bytes() for path in before} == before
    assert not any(path.is_symlink() for path in out.iterdir())
    assert run.read_config() == {"seed": 1}


def test_a_name_that_is_too_long_is_one_line(tmp_path):
    for name in ("a" * 300, "/".join(["b" * 200] * 25)):
        with pytest.raises(ConfigError, match="is too long"):
            check_free(tmp_path / name, overwrite=False)


def test_leftovers_are_what_a_run_left_before_its_first_checkpoint(out):
    make_run(out, checkpoint=False)
    (out / "best.pt").touch()
    (out / "config.json").write_text('{"command": "train-gan"}')
    refuse_leftovers(out)  # it was completed
    (out / "status.json").unlink()
    refuse_leftovers(out, of="train-classifier")
    with RunDirectory.create(out, leftovers_of="train-gan") as run:
        assert files(out) == {".lock", "status.json"}
        save_checkpoint(run.last, "gan", {})
    (out / "status.json").unlink()
    refuse_leftovers(out)
    refuse_leftovers(out, overwrite=True)


def refuse_leftovers(out, of="train-gan", *, overwrite=False):
    before = files(out)
    with pytest.raises(ConfigError, match="is not empty"):
        RunDirectory.create(out, overwrite=overwrite, leftovers_of=of)
    assert files(out) == before


def test_a_copied_checkpoint_is_no_leftover(out):
    out.mkdir(parents=True)
    (out / "best.pt").touch()
    refuse_leftovers(out)
    (out / "best.pt").rename(out / "metrics.jsonl")
    with RunDirectory.create(out, leftovers_of="train-gan"):
        assert files(out) == {".lock", "status.json"}


def test_what_says_whose_a_run_is_goes_last(out, monkeypatch):
    make_run(out)
    (out / "config.json").write_text('{"command": "train-gan"}')
    (out / "last.pt").rename(out / "best.pt")
    (out / "status.json").unlink()
    removed, unlink = [], os.unlink

    def noting(path, **rest):
        removed.append(path)
        unlink(path, **rest)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", noting)
        with RunDirectory.create(out, leftovers_of="train-gan"):
            pass
    assert removed.index("best.pt") < removed.index("config.json")


def test_a_folder_of_other_people_gets_no_lock_file(tmp_path):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(ConfigError):
        RunDirectory.create(tmp_path)
    assert files(tmp_path) == {"photo.jpg"}


def test_out_is_a_file_or_cannot_be_made(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(ConfigError, match="is a file, but a folder is wanted"):
        RunDirectory.create(tmp_path / "a")
    with pytest.raises(ConfigError, match="cannot be made"):
        RunDirectory.create(tmp_path / "a" / "b")


def test_resume_goes_on_in_the_same_folder(out):
    make_run(out)
    (out / ".last.pt.17.partial").touch()
    with RunDirectory.resume(out) as run:
        assert run.last.is_file()
        assert status(out)["state"] == "running"
        assert (status(out)["epoch"], status(out)["step"]) == (2, 30)
        run.metrics.append({"epoch": 0, "step": 2})
    assert len(run.metrics.read()) == 2
    assert not list(out.rglob("*.partial"))


def test_resume_without_a_checkpoint_is_an_input_error(out):
    with pytest.raises(ArtifactError, match="does not exist") as caught:
        RunDirectory.resume(out)
    assert caught.value.exit_code == 2
    make_run(out, checkpoint=False)
    with pytest.raises(ArtifactError, match=r"has no last\.pt"):
        RunDirectory.resume(out)
    assert not (out / ".lock").exists()


HOLDER = """
import sys, time
from pathlib import Path
from xaitool.io.atomic import write_json
from xaitool.io.checkpoints import save_checkpoint
from xaitool.workflows.runs.directory import RunDirectory
with RunDirectory.create(Path(sys.argv[1])) as run:
    save_checkpoint(run.last, "gan", {})
    run.write_progress(1, 7)
    print("running", flush=True)
    time.sleep(60)
"""


def test_two_writers_and_a_killed_one(out):
    command = [sys.executable, "-c", HOLDER, out]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        for open_run in (
            lambda: RunDirectory.resume(out),
            lambda: RunDirectory.create(out, overwrite=True),
        ):
            with pytest.raises(ConfigError, match=f"written by process {process.pid} on"):
                open_run()
        assert (out / "last.pt").exists()
        os.kill(process.pid, signal.SIGKILL)
    assert (out / ".lock").exists()
    assert status(out)["state"] == "running"
    with RunDirectory.resume(out):
        assert status(out)["step"] == 7
    assert status(out)["state"] == "completed"


def test_two_runs_in_one_process(out):
    with RunDirectory.create(out), pytest.raises(ConfigError, match="written by this process"):
        RunDirectory.create(out, overwrite=True)
    with RunDirectory.create(out, overwrite=True):
        pass


def test_compare_config():
    saved = {"seed": 0, "names": ["a"], "rate": 0.1, "old": 1}
    compare_config(saved, dict(saved))
    with pytest.raises(ConfigError) as caught:
        compare_config(saved, {"seed": 1, "names": ["a"], "rate": 0.1, "batch_size": 4})
    assert str(caught.value) == (
        "--seed is 1, but the run has 0; --old is None, but the run has 1; "
        "--batch-size is 4, but the run has None"
    )
    assert "--resume" in str(caught.value.hint)


def test_default_path_is_in_utc():
    now = datetime(2026, 1, 31, 13, 1, 2, tzinfo=timezone(timedelta(hours=1)))
    path = default_run_path("train-gan", "shap", 3, now=now)
    assert path == Path("runs/train-gan/2026-01-31T120102Z-shap-seed3")


@pytest.mark.parametrize("text", ["", "{", "[1]", '"text"', "\udcff"])
def test_damaged_json_is_one_line(tmp_path, text):
    (tmp_path / "a.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ArtifactError, match=r"a\.json is not valid JSON|a\.json has .* a table is"):
        read_json(tmp_path / "a.json")
    with pytest.raises(ArtifactError, match=r"b\.json cannot be read: No such file"):
        read_json(tmp_path / "b.json")
