"""``xaitool explain`` as it is typed: what it prints, and how it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.cli.conftest import Invoke, Refused
from tests.conftest import Program
from tests.golden import missing
from tests.trained import classifier_run, gan_run
from tests.workflows.pictures import save_picture, truncated_picture
from xaitool.io.attributions import AttributionFile

MODEL = ("--device", "cpu", "--model")


def digits(*more: str | int | Path, method: str = "saliency", limit: int = 2) -> list[str]:
    fixed = ["--dataset", "digits", "--limit", limit, "--method", method, *MODEL, classifier_run()]
    return ["explain", *map(str, fixed), *map(str, more)]


def test_attributions_are_printed_and_pictures_are_told(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke(*digits("--out", "a.h5"))
    assert result.returncode == 0
    assert result.stdout == "a.h5\n"
    assert result.stderr.splitlines()[-1] == "2 pictures: a-heat-maps"
    assert (tmp_path / "a.h5").is_file()
    assert len(list((tmp_path / "a-heat-maps").iterdir())) == 2
    result = invoke(*digits("--out", "a", "--grid", limit=1))
    assert result.stdout == "a/saliency.h5\n"
    assert result.stderr.splitlines()[-2:] == [
        "picture: a/saliency-heat-maps/000000-00000.png",
        "picture: a/saliency-grid.png",
    ]


def test_json_has_a_line_an_image(invoke: Invoke) -> None:
    result = invoke(*digits("--json", "-q", limit=3))
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["index"] for record in records] == [0, 1, 2]
    assert not any(missing(record, "explain", "record") for record in records)
    assert [record["completeness_gap"] for record in records] == [None] * 3
    assert result.stderr == ""


def test_a_dry_run_prints_the_plan(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke(*digits("--dry-run", method="agi"))
    assert not missing(json.loads(result.stdout), "explain", "plan")
    assert list(tmp_path.iterdir()) == []


def give(monkeypatch: pytest.MonkeyPatch, lines: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))


def test_paths_from_standard_input(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a b.png", "c.png"):
        save_picture(tmp_path / name)
    give(monkeypatch, b"a b.png\n\nc.png\n")
    line = ("explain", "-", "--method", "saliency", *MODEL, classifier_run())
    result = invoke(*line, "--heat-maps", "0")
    assert result.stdout == "saliency.h5\n"
    with AttributionFile(tmp_path / "saliency.h5") as file:
        assert file.read().filename == ["a b.png", "c.png"]


def test_a_name_that_is_no_text(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    save_picture(tmp_path / name)
    give(monkeypatch, b"caf\xe9.png\n")
    result = invoke("explain", "-", "--method", "saliency", *MODEL, classifier_run())
    assert result.stdout == "saliency.h5\n"
    assert "picture: saliency-heat-maps/000000-caf-.png\n" in result.stderr
    with AttributionFile(tmp_path / "saliency.h5") as file:
        assert file.read().filename == [name]


def test_skipped_images_are_warnings(invoke: Invoke, tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png")
    truncated_picture(tmp_path / "cut.png")
    line = ("explain", "cut.png", "a.png", "nosuch.png", *MODEL, classifier_run())
    result = invoke(*line, "--method", "saliency", "--on-error", "skip", "-q")
    assert result.returncode == 0
    told = result.stderr.splitlines()
    assert [text.partition(" is ")[0].partition(" does ")[0] for text in told] == [
        "warning: skipped: image 'cut.png'",
        "warning: skipped: image 'nosuch.png'",
    ]


REFUSALS = [
    ("explain", "no images are given, but files, - or --dataset NAME", "image.png"),
    ("explain nosuch.png", "image 'nosuch.png' does not exist", ""),
    ("explain folder", "folder 'folder' has no images", ""),
    ("explain text.png", "image 'text.png' is in no format that can be read", ""),
    ("explain cut.png", "image 'cut.png' is damaged", ""),
    ("explain -", "standard input has no paths, but one image path a line is wanted", ""),
    ("explain a.png --method saliensy", "did you mean 'saliency'?", "agi"),
    ("explain --dataset digit", "unknown dataset 'digit'; did you mean 'digits'?", ""),
    ("explain a.png --out a.hdf5", "--out is a.hdf5, but a folder, or a name in .h5", ""),
    ("explain a.png --target 10", "--target is 10, but the model's classes are 0 to 9", ""),
    ("explain a.png --target cat", "unknown class 'cat'", "one of: 0, 1"),
    ("explain a.png --target label", "without a label", ""),
    ("explain a.png --target 3 --against 3", "--against 3 is the target", "--against second"),
    (
        "explain a.png --baseline zero --method agi",
        "--baseline is zero, but nothing in this run",
        "",
    ),
    ("explain a.png --method-option epsilom=3 --method agi", "did you mean 'epsilon'?", "steps"),
    ("explain a.png --model broken:gated --method deeplift", "uses 'mul' of 2 tensors", ""),
    ("explain a.png --limit 0", "--limit is 0, but at least 1 is wanted", ""),
    (f"explain a.png --out {'a' * 300}.h5", "is too long, but the system wants a shorter", ""),
    ("explain a.png --model nosuch", "model 'nosuch' does not exist, but a checkpoint", ""),
    ("explain a.png --model nosuch.pt", "nosuch.pt does not exist", ""),
    ("explain a.png --model folder", "folder has no best.pt or last.pt", ""),
    ("explain a.png --model cut.pt", "cut.pt is damaged", ""),
    ("explain a.png --model GAN", "is a gan, but a classifier is wanted", ""),
    ("explain a.png --model torchvision:resnet81", "did you mean 'resnet18'?", ""),
    ("explain a.png --model torchvision:resnet18 --weights no.pth", "'no.pth' are no file", ""),
    ("explain a.png --model torchvision:resnet18 --weights text.png", "are damaged or hold", ""),
    ("explain a.png --model torchvision:resnet18 --weights w.pth", "do not fit resnet18", ""),
    ("explain a.png --model broken:nan", "returns NaN or infinity", ""),
    ("explain a.png --model broken:shape", "but logits (images, classes) are wanted", ""),
    ("explain a.png --model broken:fails", "cannot be made (ZeroDivisionError", ""),
    ("explain a.png --model broken:absent", "broken:absent' does not exist", ""),
]

BROKEN = """
from torch import nn

class Model(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.forward = function

def nan():
    return Model(lambda images: images.mean((2, 3)) / 0)

def shape():
    return Model(lambda images: images)

def fails():
    return 1 / 0

class Gated(nn.Module):
    def forward(self, x):
        means = x.mean((2, 3))
        return means * means.sigmoid()

def gated():
    return Gated()
"""


@pytest.mark.parametrize(("line", "message", "hint"), REFUSALS, ids=lambda text: text[:60])
def test_refusals(
    line: str,
    message: str,
    hint: str,
    invoke: Invoke,
    refused: Refused,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "broken", raising=False)
    give(monkeypatch, b"\n")
    save_picture(tmp_path / "a.png")
    truncated_picture(tmp_path / "cut.png")
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "cut.pt").write_bytes((classifier_run() / "best.pt").read_bytes()[:5000])
    (tmp_path / "broken.py").write_text(BROKEN)
    torch.save({"weight": torch.ones(1)}, tmp_path / "w.pth")
    before = set(tmp_path.rglob("*"))
    words = [str(gan_run()) if word == "GAN" else word for word in line.split()]
    model = [] if "--model" in words else ["--model", str(classifier_run())]
    refused(invoke(*words, *model, "--device", "cpu", "-q"), message, hint)
    left = {path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts}
    assert left == before


def test_a_factory_of_the_current_folder(xaitool: Program, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.AvgPool2d(32), nn.Flatten(), nn.Linear(147, 3))\n"
    )
    save_picture(tmp_path / "a.png", mode="RGB")
    result = xaitool("explain", "a.png", "--method", "saliency", "--model", "mine:make", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["target"] in (0, 1, 2)


def test_sigterm_and_resume(invoke: Invoke, tmp_path: Path) -> None:
    line = digits("--batch-size", 1, "--heat-maps", 0, "--score", "probability", limit=120)
    assert invoke(*line, "--out", "whole.h5").returncode == 0
    parted = [sys.executable, "-m", "xaitool", *line, "--out", "parted.h5", "--json"]
    with subprocess.Popen(
        parted, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        told, errors = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "error: the run was stopped by SIGTERM, but its state is saved" in errors
    assert "hint: continue with the same command and --resume" in errors
    assert len(told.splitlines()) < 118
    assert (tmp_path / "parted.h5.partial").is_dir()
    result = invoke(*line, "--out", "parted.h5", "--resume")
    assert (result.returncode, result.stdout) == (0, "parted.h5\n"), result.stderr
    assert (tmp_path / "parted.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()


@pytest.mark.data
@pytest.mark.slow
def test_photographs(xaitool: Program, real_data: Path, tmp_path: Path) -> None:
    """The command of the README on real photographs, with a smaller budget."""
    photos = sorted((real_data / "imagenet/photos").glob("*.jpg"))
    weights = real_data / "imagenet/weights/mobilenet_v2.pth"
    model = ("--model", "torchvision:mobilenet_v2", "--weights", weights)
    budget = ("--method-option", "classes=2", "--method-option", "steps=5")
    line = ("--method", "agi", *budget, *model, *photos, "--limit", "2", "--out", "a.h5")
    started = time.monotonic()
    assert xaitool("explain", *line).stdout.splitlines()[0] == "a.h5"
    line = ("a.h5", "--metric", "insertion", "--metric", "deletion", "--step", "2000", "--json")
    result = xaitool("evaluate", *line)
    rows = [json.loads(text) for text in result.stdout.splitlines()]
    assert [(row["metric"], row["n"]) for row in rows] == [("insertion", 2), ("deletion", 2)]
    assert rows[1]["value"] < rows[0]["value"]
    assert time.monotonic() - started < 300
