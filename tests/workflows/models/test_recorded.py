"""A model that a file names: no code, and no other than the one it was made with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trained import classifier_run
from tests.workflows.own_module import work_beside
from xaitool.errors import ConfigError, ModelError
from xaitool.io.checkpoints import file_sha256
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.models import recorded
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.recorded import RecordedModel
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
FACTORY = """
from torch import nn

open("imported", "w").close()

def make():
    return nn.Sequential(nn.AvgPool2d(224), nn.Flatten(), nn.Linear(3, 2))
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work_beside(tmp_path, monkeypatch, "recorded_factory", FACTORY)


def model(source: str | Path, **facts: Any) -> RecordedModel:
    own = RecordedModel(str(source), None, {}, "0", Path("file"), "teacher", "written")
    return replace(own, **facts)


def load(found: RecordedModel, **options: Any) -> Classifier:
    return recorded.load(found, EvaluateConfig(artifacts=(Path("a"),), **options), CPU)


def test_the_same_checkpoint_is_loaded_and_another_is_refused() -> None:
    run = classifier_run()
    whole = model(run, sha256=file_sha256(run / "best.pt"))
    assert load(whole).sha256 == whole.sha256
    message = f"^teacher {run} has changed since file was written, but the same is wanted\n"
    with pytest.raises(ModelError, match=message) as refused:
        load(model(run))
    assert "--model" in str(refused.value.hint)


@pytest.mark.parametrize("source", ["recorded_factory:make", "program.pt2", "os:getcwd"])
def test_code_that_only_a_file_names_is_never_imported(source: str) -> None:
    Path("program.pt2").write_bytes(b"no program")
    message = f"^the teacher of file cannot be loaded: model '{source}' is code"
    with pytest.raises(ModelError, match=message) as refused:
        load(model(source))
    assert "--model" in str(refused.value.hint)
    assert not Path("imported").exists()


def test_what_is_named_now_may_be_code_and_is_read_as_it_was() -> None:
    source = "recorded_factory:make"
    known = model(source, options={"mean": [0.25], "std": [0.5], "resize": 300, "crop": None})
    with pytest.raises(ConfigError, match="crop"):
        load(known, model=source)
    known = replace(known, options={"mean": [0.25], "std": [0.5], "resize": 300, "channels": None})
    seen = load(known, model=source).input
    assert (seen.mean, seen.standard_deviation, seen.resize) == ((0.25,) * 3, (0.5,) * 3, 300)
    assert load(known, model=source, resize=256).input == replace(seen, resize=256)
