"""Started as one of several processes, every command refuses before any work."""

from __future__ import annotations

import pytest

from tests.cli.commands import COMMANDS
from tests.cli.conftest import Invoke, Refused
from tests.conftest import Program
from xaitool.cli.processes import SIZES


@pytest.mark.parametrize("name", SIZES)
def test_several_processes(
    name: str, invoke: Invoke, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xaitool.workflows.gans.train_gan.train_gan", pytest.fail)
    result = invoke("train-gan", **{name: "4"})
    message = f"{name} is 4: {SIZES[name]} started 4 processes, but xaitool runs in one"
    refused(result, message, "srun -n1")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command(command: str, invoke: Invoke, refused: Refused) -> None:
    refused(invoke(*command.split(), WORLD_SIZE="2", RANK="1"), "but xaitool runs in one")


@pytest.mark.parametrize(
    "environment",
    [
        {"WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0", "MASTER_ADDR": "localhost"},
        {"SLURM_STEP_NUM_TASKS": "1", "SLURM_NTASKS": "1", "SLURM_PROCID": "0", "PMI_SIZE": "1"},
        {"SLURM_NTASKS": "4", "SLURM_NPROCS": "4", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"},
        {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "9"},
        {"WORLD_SIZE": "", "PMI_SIZE": "many"},
    ],
    ids=["torchrun of one", "srun of one", "batch script", "array", "nonsense"],
)
def test_one_process(environment: dict[str, str], invoke: Invoke) -> None:
    assert invoke("evaluate", **environment).stderr.startswith("error: no artifacts are given")


def test_what_is_no_work(invoke: Invoke) -> None:
    for line in ("--version", "train-gan --help", "explain --list"):
        assert invoke(*line.split(), WORLD_SIZE="4", RANK="3").returncode == 0


def test_torch_is_not_imported(xaitool: Program, refused: Refused) -> None:
    # With this, Python tells of every import on standard error.
    result = xaitool("train-gan", SLURM_STEP_NUM_TASKS="4", PYTHONPROFILEIMPORTTIME="1")
    imported = [line.rpartition("|")[2].strip() for line in result.stderr.splitlines()]
    assert result.returncode == 2
    assert "typer" in imported
    assert "torch" not in imported
