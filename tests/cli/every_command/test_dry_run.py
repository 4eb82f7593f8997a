"""``--dry-run`` checks everything and writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Invoke, Refused
from tests.workflows.tiny_runs import LINE


def everything(folder: Path) -> dict[Path, tuple[int, int]]:
    return {
        path: (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("command", ["train-gan", "train-classifier"])
@pytest.mark.parametrize("out", [(), ("--out", "run"), ("--out", "run", "--resume", "auto")])
def test_nothing_is_written_not_even_a_cache(
    command: str, out: tuple[str, ...], invoke: Invoke, tmp_path: Path
) -> None:
    result = invoke(command, *out, "-n", XDG_CACHE_HOME=str(tmp_path / "cache"))
    plan = json.loads(result.stdout)
    assert (result.returncode, plan["command"], plan["resumes"]) == (0, command, False)
    assert plan["steps"] == plan["options"]["epochs"] * -(-plan["samples"] // 64)
    assert plan["run_dir"] == "run" if out else plan["run_dir"].startswith(f"runs/{command}/")
    assert everything(tmp_path) == {}


def test_the_plan_of_a_resumed_run(invoke: Invoke, refused: Refused, tmp_path: Path) -> None:
    assert invoke("train-gan", *LINE, "--out", "run").returncode == 0
    before = everything(tmp_path)
    result = invoke("train-gan", "--resume", "run", "--epochs", "3", "-n", "-q")
    plan = json.loads(result.stdout)
    assert (plan["resumes"], plan["run_dir"], plan["options"]["latent"]) == (True, "run", 8)
    line = ("train-gan", "--resume", "run", "--epochs", "3", "--seed", "1", "-n", "-q")
    refused(invoke(*line), "--seed is 1, but the run has 0", "give the run's values")
    refused(invoke("train-gan", "--out", "run", "-n", "-q"), "run is not empty", "--overwrite")
    assert everything(tmp_path) == before


def test_what_a_folder_leaves_out_is_told_once(invoke: Invoke, tmp_path: Path) -> None:
    for split in ("Training", "Testing"):
        for index, name in enumerate(("cat", "dog")):
            folder = tmp_path / "pets" / split / name
            folder.mkdir(parents=True)
            for number in range(3):
                Image.new("L", (28, 28), 99 * index + number).save(folder / f"{number}.png")
    (tmp_path / "pets" / "licence.txt").touch()
    found = invoke("train-classifier", "--dataset", "folder:pets", "--epochs", "1", "--dry-run")
    assert found.returncode == 0
    note = "warning: folder 'pets': 'licence.txt' left out, no image such as PNG or JPEG"
    assert found.stderr.count(note) == 1
