"""What goes to standard output, what to standard error, and what nobody reads."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke
from tests.conftest import Program
from tests.workflows.tiny_runs import LINE
from xaitool.cli.output import Output
from xaitool.cli.progress_bar import ProgressBar
from xaitool.cli.streams import StandardError, StandardOutput, data_alone
from xaitool.errors import StoppedBySignal

number = r"-?[0-9.]+(e[+-][0-9]+)?"
HEARTBEAT = re.compile(
    rf"train step=\d+/6 epoch=\d+ loss_d={number} loss_g={number}"
    rf" step/s={number} eta=\d\d:\d\d:\d\d"
)
EPOCH = re.compile(rf"epoch \d/2( [a-z_]+={number})+")


def test_progress_goes_to_standard_error(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("train-gan", *LINE, "--out", "run", "--log-every", "0")
    assert result.returncode == 0
    assert result.stdout == "run\n"
    device, *lines = result.stderr.splitlines()
    assert device.startswith("device: cpu")
    told = [line for line in lines if line.startswith("train ")]
    assert len(told) == 6
    assert all(map(HEARTBEAT.fullmatch, told))
    assert len([line for line in lines if EPOCH.fullmatch(line)]) == 2


def test_heartbeats_keep_their_distance(invoke: Invoke) -> None:
    result = invoke("train-gan", *LINE, "--out", "run", "--log-every", "1000")
    assert "train step=" not in result.stderr


def test_quiet_says_nothing(xaitool: Program) -> None:
    result = xaitool("train-gan", *LINE, "--fid-samples", "0", "--out", "run", "-q", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["run_dir"] == "run"


@pytest.mark.parametrize("arguments", [["train-gan", "--dry-run", "-q"], ["explain", "--help"]])
def test_nobody_reads(arguments: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, "-m", "xaitool", *arguments],
        cwd=tmp_path,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writing)
        assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 141


def broken_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


# Descriptors as a shell opens them, what is called, the exit status, and standard error.
REDIRECTED = [
    (">/dev/full", "explain --help", 1, "error: standard output: No space left on device\n"),
    (">&-", "--version", 1, "error: standard output: Bad file descriptor\n"),
    ("<&-", "--version", 0, ""),
    ("2>/dev/full", "train-gan --epochs 0", 2, ""),
    ("2>&-", "train-gan --epochs 0", 2, ""),
]


@pytest.mark.parametrize(("redirection", "line", "status", "told"), REDIRECTED)
def test_streams_that_are_full_or_closed(
    redirection: str, line: str, status: int, told: str, tmp_path: Path
) -> None:
    program = f"exec {sys.executable} -m xaitool {line} {redirection}"
    result = subprocess.run(
        ["/bin/sh", "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stderr) == (status, told)
    assert result.stdout == ("xaitool 0.1.0\n" if status == 0 else "")


def test_standard_output_names_itself_and_leaves_in_peace() -> None:
    text = io.TextIOWrapper(
        io.BufferedWriter(StandardOutput(os.open("/dev/full", os.O_WRONLY), "w"))
    )
    text.write("data")
    with pytest.raises(OSError, match="standard output"):
        text.flush()
    text.close()


def test_nobody_reads_standard_output_any_more() -> None:
    text = io.TextIOWrapper(io.BufferedWriter(StandardOutput(broken_pipe(), "w")))
    text.write("data")
    with pytest.raises(StoppedBySignal) as caught:
        text.flush()
    assert caught.value.exit_code == 141
    text.write("more")
    text.close()


@pytest.mark.parametrize("where", ["/dev/full", None])
def test_a_log_that_cannot_be_written_is_no_reason_to_stop(
    where: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptor = os.open(where, os.O_WRONLY) if where else broken_pipe()
    raw = StandardError(descriptor, "w")
    with io.TextIOWrapper(io.BufferedWriter(raw), line_buffering=True) as text:
        monkeypatch.setattr(sys, "stderr", text)
        Output().warning("nobody reads")
        Output(log_every=0).task("train", 10, "step").advance()
        with ProgressBar("train", 10, "step", 2) as bar:
            bar.advance(3, loss=0.25)


CHATTY = """
import ctypes, os, sys
from torch import nn
print("import")
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        print("factory")
        os.system("echo child")
        os.write(1, b"descriptor\\n")
        ctypes.CDLL(None).puts(b"from C")
        sys.__stdout__.write("held back")
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    def forward(self, images):
        print("forward")
        return self.layers(images)
"""
CHATTED = ("import", "factory", "child", "descriptor", "from C", "held back", "forward")
CHATTY_LINE = (
    *("explain", "--model", "chatty:Net", "--dataset", "digits", "--limit", "1", "--json"),
    *("--method", "saliency", "--input-size", "28", "--channels", "1", "--out", "a.h5"),
)


def test_what_code_prints_is_no_data(xaitool: Program, tmp_path: Path) -> None:
    (tmp_path / "chatty.py").write_text(CHATTY)
    result = xaitool(*CHATTY_LINE, "--heat-maps", "0")
    (text,) = result.stdout.splitlines()
    assert (result.returncode, json.loads(text)["output"]) == (0, "a.h5")
    assert [word for word in CHATTED if word not in result.stderr] == []


def test_data_goes_where_it_went(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with data_alone() as data:
            sys.stdout.write("print\n")
            os.write(1, b"descriptor\n")
            Output(data=data).line("data")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    os.write(1, b"after\n")
    assert capfd.readouterr() == ("data\nafter\n", "print\ndescriptor\n")


def test_data_of_a_stream_without_a_descriptor(capsys: pytest.CaptureFixture[str]) -> None:
    with data_alone() as data:
        Output(data=data).line("data")
        sys.stdout.write("print\n")
    assert capsys.readouterr() == ("data\n", "print\n")
