"""What `evaluate` looks at before its work; as it is typed see ``cli/every_command``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xaitool.errors import ConfigError, InputError, UnknownNameError
from xaitool.registry import METRICS_OF
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.checks import check_before_work
from xaitool.workflows.evaluation.subjects import Subject

RUN = Path("runs/mine.pt")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs").mkdir()
    RUN.touch()
    Path("out").mkdir()


def check(*metrics: str, classes: tuple[str, ...] = (), **options: Any) -> None:
    known = METRICS_OF["classifier"]
    subject = Subject(RUN, "classifier", {name: known[name] for name in metrics}, classes)
    check_before_work([subject], EvaluateConfig(metric=metrics, **options))


def test_only_a_picture_of_the_same_metric_is_in_the_way() -> None:
    Path("out/mine-saturation.png").touch()
    Path("out/another-features.png").touch()
    check("features", out="out")
    with pytest.raises(ConfigError, match=r"out/mine-saturation\.png exists") as refused:
        check("features", "saturation", out="out")
    assert refused.value.hint == "replace it with --overwrite"
    check("features", "saturation", out="out", overwrite=True)


def test_classes_that_a_checkpoint_names_are_known() -> None:
    check("parameter-randomisation", classes=("cat", "dog"), target="dog", against="none")
    with pytest.raises(UnknownNameError, match="unknown class 'dgo'; did you mean 'dog'"):
        check("parameter-randomisation", classes=("cat", "dog"), target="dgo")


def test_an_option_that_no_metric_reads_is_not_looked_at() -> None:
    check("accuracy", judge=("nosuch",))
    with pytest.raises(InputError, match="model 'nosuch' does not exist"):
        check("accuracy", "baseline-validity", judge=("nosuch",))
