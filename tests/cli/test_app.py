"""How the program ends: interrupted from outside, or with an error that nobody wrote a line for."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, Refused
from tests.workflows.pictures import save_picture
from xaitool.errors import ModelNote, ModelWarning


def test_a_path_that_is_too_long_is_wrong_input(
    invoke: Invoke, refused: Refused, tmp_path: Path
) -> None:
    long = "n" * 5000
    save_picture(tmp_path / "x.png")
    for line in (
        ("explain", "--model", long, "x.png"),
        ("explain", "--classes-file", long, "--model", "torchvision:resnet18", "x.png"),
        ("evaluate", long),
        ("train-gan", "--out", long),
        ("train-gan", "--resume", long),
        ("train-gan", "--config", long),
        ("train-gan", "--dataset", f"folder:{long}"),
    ):
        refused(invoke(*line, "-q"), "too long")


def test_warnings_of_libraries_never_stand_beside_an_error(
    invoke: Invoke, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warns(*_: object) -> dict[str, object]:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("a library's\nown words", stacklevel=1)
        if fails:
            raise OSError(28, "No space left on device", "run/last.pt")
        return {}

    monkeypatch.setattr("xaitool.workflows.gans.train_gan.train_gan", warns)
    fails = True
    refused(invoke("train-gan"), "run/last.pt: No space left on device", status=1)
    fails = False
    result = invoke("train-gan")
    assert (result.returncode, result.stderr) == (0, "warning: a library's own words\n")


def test_what_is_found_out_of_a_model_is_a_note_and_said_once(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reads_twice(*_: object) -> dict[str, object]:
        for category in (ModelNote, ModelWarning):
            warnings.warn("those that begin with 'model.' are taken", category, stacklevel=1)
            warnings.warn(f"{category.__name__} of another file", category, stacklevel=1)
        return {}

    monkeypatch.setattr("xaitool.workflows.gans.train_gan.train_gan", reads_twice)
    taken, *others = invoke("train-gan").stderr.splitlines()
    assert taken == "note: those that begin with 'model.' are taken"
    of_another = "warning: ModelWarning of another file"
    assert others == ["note: ModelNote of another file", of_another]
    assert invoke("train-gan", "-q").stderr.splitlines()[-1] == of_another
    assert "note:" not in invoke("train-gan", "-q").stderr


def test_memory_that_is_short_is_one_line(
    invoke: Invoke, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 TB.\nsecond line")

    monkeypatch.setattr("xaitool.workflows.gans.train_gan.train_gan", greedy)
    refused(invoke("train-gan"), "memory of this machine does not suffice (Default", status=1)


def test_garbage_is_looked_for_while_a_command_works(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    def works(*_: object) -> dict[str, object]:
        return {"command": "train-gan", "collects": gc.isenabled()}

    monkeypatch.setattr("xaitool.workflows.gans.train_gan.train_gan", works)
    assert '"collects": true' in invoke("train-gan").stdout
    assert invoke("--help").returncode == 0
    assert gc.isenabled()
