"""Every command of the README runs as it is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from xaitool import registry

README = (Path(__file__).parent.parent / "README.md").read_text()
SHELL = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)

# These need what a test machine may not have: an installation, a download, a batch system.
ELSEWHERE = ("pip install", "# needs", "#SBATCH")


def run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_the_two_commands_of_a_newcomer_are_there() -> None:
    assert "pip install . && xaitool train-gan --xai shap" in README
    assert "pip install '.[test]' && pytest" in README


@pytest.mark.parametrize("name", registry.names("method"))
def test_the_table_of_methods_is_the_registry(name: str) -> None:
    method = registry.load("method", name)
    baseline = f"`{method.default_baseline}`" if method.needs_baseline else "no"
    assert f"| `{name}` | {baseline} | {method.default_output} |" in README


@pytest.mark.parametrize("name", [*registry.names("baseline"), *registry.names("dataset")])
def test_every_baseline_and_dataset_is_named(name: str) -> None:
    assert f"`{name}`" in README or f"`{name}:" in README


@pytest.mark.slow
@pytest.mark.parametrize("block", [block for block in SHELL if not block.startswith(ELSEWHERE)])
def test_shell_blocks_run(block: str, tmp_path: Path) -> None:
    run(["bash", "-euo", "pipefail", "-c", block], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("block", PYTHON)
def test_python_blocks_run(block: str, tmp_path: Path) -> None:
    run([sys.executable, "-W", "error", "-c", block], tmp_path)


@pytest.mark.slow
def test_the_main_job_makes_samples(tmp_path: Path) -> None:
    program = str(Path(sys.executable).parent / "xaitool")
    run([program, "train-gan", "--xai", "shap", "--out", "run"], tmp_path)
    assert len(list((tmp_path / "run" / "samples").glob("epoch-????.png"))) == 66


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("block", [one for one in SHELL if one.startswith("# needs a download")])
def test_real_data_blocks_run(block: str, tmp_path: Path, real_data: Path) -> None:
    """The README's commands on real data, with as many epochs as show that they run."""
    run(["bash", "-euo", "pipefail", "-c", block.replace("--epochs 10", "--epochs 1")], tmp_path)
