"""What a hint proposes is not refused in its turn."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke
from tests.trained import classifier_run
from tests.workflows.pictures import save_picture

ANEW = "train-classifier --config run/config.json --out run-{0}-epochs --epochs {0}"

HINTS = [
    ("train-classifier --out full", ["--out another"]),
    ("train-classifier --out run", ["--overwrite"]),
    ("train-classifier --out half", ["train-classifier --resume half", "--overwrite"]),
    ("train-gan --out half", ["--overwrite"]),
    ("recommend fit --out half", ["--overwrite"]),
    ("train-classifier --out mixed", ["train-classifier --resume mixed", "--out another"]),
    ("train-classifier --resume nothing", ["--resume auto --out nothing"]),
    ("train-classifier --resume full", []),
    ("train-classifier --resume a.png", []),
    ("train-classifier --resume run", [ANEW]),
    ("train-classifier --resume run --epochs 99", [ANEW]),
    ("explain a.png --model run --out taken.h5", ["--overwrite"]),
    ("explain a.png --model run --out begun.h5", ["--resume", "--overwrite"]),
    ("evaluate run --metric features --out pictures", ["--overwrite"]),
]


@pytest.fixture(autouse=True)
def _places(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png")
    for name in ("full", "pictures", "begun.h5.partial"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    (tmp_path / "pictures" / "run-features.png").touch()
    (tmp_path / "taken.h5").touch()
    for name in ("run", "half", "mixed"):
        shutil.copytree(classifier_run(), tmp_path / name)
    for name in ("half", "mixed"):
        status = json.loads((tmp_path / name / "status.json").read_text())
        (tmp_path / name / "status.json").write_text(json.dumps(status | {"state": "interrupted"}))
    (tmp_path / "mixed" / "thesis.tex").touch()


def proposals(hint: str) -> list[str]:
    """The commands, and the flags to add, that a hint names."""
    found: list[str] = []
    for part in re.split(r", or |; ", hint):
        if "planned" in part:
            continue
        command = re.search(r"xaitool (\S.*)", part)
        flags = re.findall(r"--[a-z][a-z-]*(?: (?!starts)[^-\s]\S*)?", part)
        found += [command[1]] if command else [" ".join(flags)] if flags else []
    return ["--out another" if one == "--out" else one for one in found]


@pytest.mark.parametrize(("line", "expected"), HINTS, ids=lambda text: str(text)[:60])
def test_what_a_hint_proposes_is_not_refused(
    line: str, expected: list[str], tmp_path: Path, invoke: Invoke
) -> None:
    result = invoke(*line.split(), "--device", "cpu", "-q")
    assert result.returncode == 2, result.stderr
    hint = "".join(text for text in result.stderr.splitlines() if text.startswith("hint: "))
    found = proposals(hint)
    epochs = re.findall(r"-epochs --epochs (\d+)", hint)
    assert found == [one.format(*epochs) for one in expected], hint
    for one in found:
        words = shlex.split(one if not one.startswith("-") else f"{line} {one}")
        followed = invoke(*words, "--device", "cpu", "--dry-run", "-q")
        assert followed.returncode == 0, (one, followed.stderr)
