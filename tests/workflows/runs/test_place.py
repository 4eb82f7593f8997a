"""Where a training goes, decided before anything is written."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.workflows.tiny_runs import classifier_config, gan_config
from xaitool.errors import ArtifactError, ConfigError
from xaitool.io.checkpoints import save_checkpoint
from xaitool.workflows.runs.place import RunPlace, open_run
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def place(out: Path | None, **options: Any) -> RunPlace:
    config = classifier_config(out, **options)
    return open_run(config, "train-classifier", "digits", CPU)


def checkpoint(folder: Path, kind: str = "classifier", **config: Any) -> Path:
    folder.mkdir(exist_ok=True)
    save_checkpoint(folder / "last.pt", kind, {"config": config})
    return folder


def test_a_new_run_is_written_when_it_is_opened(tmp_path: Path) -> None:
    found = place(tmp_path / "run", seed=4)
    assert not (tmp_path / "run").exists()
    assert not found.resumes
    with found.open(classifier_config(tmp_path / "run", seed=4)) as directory:
        written = json.loads((directory.path / "config.json").read_text())
    assert (written["command"], written["schema"]) == ("train-classifier", 1)
    assert (written["options"]["seed"], written["options"]["epochs"]) == (4, 2)
    environment = json.loads((tmp_path / "run" / "environment.json").read_text())
    assert environment["device"]


def test_unnamed_it_is_a_folder_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = place(None, seed=3).path
    assert found.parts[:2] == ("runs", "train-classifier")
    assert "digits" in found.name
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_goes_on(tmp_path: Path) -> None:
    run = checkpoint(tmp_path / "run")
    for found in (place(None, resume=str(run)), place(run, resume="auto")):
        assert (found.path, found.resumes, found.overwrite) == (run, True, False)


def test_auto_begins_where_nothing_is(tmp_path: Path) -> None:
    found = place(tmp_path / "run", resume="auto")
    assert (found.resumes, found.overwrite, found.leftovers) == (False, False, True)


def test_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--resume auto has no directory, but --out is wanted"):
        place(None, resume="auto")
    with pytest.raises(ConfigError, match=r"--resume .*a continues there, but --out names .*b"):
        place(tmp_path / "b", resume=str(tmp_path / "a"))
    with pytest.raises(ArtifactError):
        place(None, resume=str(tmp_path / "a"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").touch()
    with pytest.raises(ConfigError, match="full"):
        place(tmp_path / "full")
    assert not (tmp_path / "b").exists()


def test_code_is_tried_for_the_same_experiment_alone(tmp_path: Path) -> None:
    config = gan_config(None, generator="nowhere:make")
    saved = config.to_dict("experiment")
    run = RunPlace("train-gan", CPU, tmp_path, resumes=True, overwrite=False)
    # Where the first checkpoints had it, the number of epochs is no part of the experiment.
    save_checkpoint(tmp_path / "last.pt", "gan", {"config": {**saved, "epochs": 99}})
    run.check_code(config, "gan")
    with pytest.raises(ArtifactError, match="but a classifier is wanted"):
        run.check_code(config, "classifier")
    save_checkpoint(tmp_path / "last.pt", "gan", {"config": {**saved, "latent": 99}})
    with pytest.raises(ConfigError, match="latent"):
        run.check_code(config, "gan")
    # Without code nothing is read, and a new run has nothing to compare with.
    run.check_code(gan_config(None), "gan")
    dataclasses.replace(run, resumes=False).check_code(config, "gan")
