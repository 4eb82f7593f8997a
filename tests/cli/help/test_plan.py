"""Plans of dry runs, as lines for people."""

from __future__ import annotations

import json
from typing import Any

import pytest

from xaitool.cli import output as printing
from xaitool.cli.help.plan import plan_lines
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.configs.train_gan import TrainGanConfig

PLAN = {
    "command": "train-gan",
    "run_dir": "runs/" + "n" * 60,
    "resumes": False,
    "steps": 45,
    "generator_source": "file.py",
    "mean": [0.123456],
    "base_options": {"factors": 3, "free": None},
    "dataset_digest": "97e7",
    "options": {"epochs": 3},
}


def test_what_is_planned_and_the_options_that_matter() -> None:
    config = TrainGanConfig(preset="xai-gan", epochs=3, dry_run=True)
    lines = list(plan_lines(PLAN, config, 80))
    assert lines[:8] == [
        "train-gan, of which nothing is written yet:",
        "  run dir",
        "    runs/" + "n" * 60,
        "  steps                   45",
        "  mean                    0.1235",
        "  base options            factors=3",
        "",
        "Options:",
    ]
    assert lines[8:11] == [
        "  --epochs                3",
        "  --dataset               digits",
        "  --preset                xai-gan",
    ]
    assert "  --mask-samples          fake" in lines
    assert not any("--seed" in line or "dry" in line for line in lines)


def test_a_group_for_each_part() -> None:
    files: list[dict[str, Any]] = [
        {"method": one, "out": f"x/{one}.h5", "method_options": {}} for one in ("agi", "cgi")
    ]
    config = ExplainConfig(method=("agi", "cgi"), dataset="digits")
    assert list(plan_lines({"command": "explain", "files": files}, config, 80))[:8] == [
        "explain, of which nothing is written yet:",
        "",
        "x/agi.h5:",
        "  method                  agi",
        "",
        "x/cgi.h5:",
        "  method                  cgi",
        "",
    ]


@pytest.mark.parametrize(("terminal", "as_json"), [(True, False), (True, True), (False, False)])
def test_json_where_nobody_reads_it(
    terminal: bool,
    as_json: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(printing, "is_terminal", lambda stream: terminal)
    printing.Output(as_json=as_json).plan(PLAN, TrainGanConfig())
    text: Any = capsys.readouterr().out
    if terminal and not as_json:
        assert text.startswith("train-gan, ")
    else:
        assert json.loads(text) == PLAN
