"""Runs of Weights & Biases: by a stand-in what it is asked, by the library what is in its file."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from xaitool.workflows.runs.logs.base import LoggedRun
from xaitool.workflows.runs.logs.wandb import DEFAULTS, WandbLog


@pytest.fixture
def grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture; the working folder is its, and nothing is set for wandb."""
    for name in ("WANDB_MODE", "WANDB_PROJECT", "WANDB_NAME", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in DEFAULTS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (4, 3), "red").save(tmp_path / "grid.png")
    return tmp_path / "grid.png"


def run_of(folder: Path, name: str | None = None, step: int = 0) -> LoggedRun:
    return LoggedRun(folder, "train-gan", {"latent": 8}, name, step)


def test_what_wandb_is_asked(grid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def init(**options: Any) -> Any:
        asked.append(options)
        return SimpleNamespace(
            id="abc",
            url=None,
            dir="wandb/offline-run-abc/files",
            log=lambda *values, **options: asked.append((*values, options)),
            finish=lambda **options: asked.append(options),
        )

    stand_in = SimpleNamespace(init=init, Settings=dict, Image=lambda path: f"image {path}")
    monkeypatch.setitem(sys.modules, "wandb", stand_in)
    log = WandbLog(run_of(grid.parent, "abc", 3))
    log.write(6, {"loss": 0.5}, {"samples": grid})
    log.close(False)
    begun, *then = asked
    assert begun == {
        "project": "xaitool",
        "name": grid.parent.name,
        "id": "abc",
        "resume": "allow",
        "job_type": "train-gan",
        "config": {"latent": 8},
        "mode": "offline",
        "reinit": "create_new",
        "settings": {"silent": True, "console": "off"},
    }
    assert then == [
        ({"loss": 0.5, "samples": f"image {grid}"}, {"step": 6, "commit": True}),
        {"exit_code": 1},
    ]
    assert (log.id, log.step, log.place) == ("abc", 3, "wandb sync wandb/offline-run-abc")
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("WANDB_PROJECT", "mine")
    WandbLog(run_of(grid.parent))
    assert [asked[-1][name] for name in ("mode", "project", "id", "resume")] == [
        "online", "mine", None, None,
    ]  # fmt: skip


def records(file: Path) -> Iterator[bytes]:
    """The records of a ``.wandb`` file, which is a log of LevelDB behind a header of 7 bytes."""
    content, at, record = file.read_bytes(), 7, b""
    while at < len(content):
        left = -at % 32768
        if 0 < left < 7:
            at += left
        _, length, kind = struct.unpack("<IHB", content[at : at + 7])
        record += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, last
            yield record
            record = b""


def history(folder: Path) -> list[tuple[int, dict[str, Any]]]:
    from wandb.proto.wandb_internal_pb2 import Record

    parsed = [
        Record.FromString(record)
        for file in sorted(folder.glob("wandb/offline-run-*/*.wandb"))
        for record in records(file)
    ]
    return [
        (
            one.history.step.num,
            {
                "/".join(item.nested_key) or item.key: json.loads(item.value_json)
                for item in one.history.item
            },
        )
        for one in parsed
        if one.HasField("history")
    ]


def test_what_wandb_writes(grid: Path) -> None:
    pytest.importorskip("wandb")
    log = WandbLog(run_of(grid.parent))
    log.write(3, {}, {"samples": grid})
    log.write(6, {"loss": 0.1, "weights/0 red": 0.25}, {"samples": grid})
    log.close(False)
    again = WandbLog(run_of(grid.parent, log.id, 6))
    assert again.id == log.id
    again.write(9, {"loss": 0.05}, {})
    again.close(True)
    told = history(grid.parent)
    assert [step for step, _ in told] == [3, 6, 9]
    assert [values.get("loss") for _, values in told] == [None, 0.1, 0.05]
    assert told[1][1]["weights/0 red"] == 0.25
    assert {path.read_bytes() for path in grid.parent.rglob("samples_*.png")} == {grid.read_bytes()}
