"""The live bar on a terminal."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Task

from xaitool.cli import progress_bar
from xaitool.cli.progress_bar import ProgressBar, TimeLeft


def test_a_bar_moves_and_vanishes(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar("train", 10, "step", 2) as bar:
        bar.advance(3, loss=0.25)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "5/10" in captured.err or captured.err.strip() == ""


def test_of_work_within_work_one_bar_is_seen() -> None:
    outer, inner, after = (ProgressBar(name, 10, "step", 0) for name in ("outer", "inner", "after"))
    with outer:
        with inner:
            inner.advance()
            assert not inner._progress.live.is_started
        assert outer._progress.live.is_started
    with after:
        assert after._progress.live.is_started


def test_the_last_figures_are_seen_however_fast_the_steps() -> None:
    bar = ProgressBar("train", 3, "step", 0)
    for epoch in (1, 2, 3):
        bar.advance(1, epoch=epoch)
    assert bar._progress.tasks[0].fields["told"] == "epoch=3"


def test_a_step_that_lasts_is_seen_to(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = line(monkeypatch, 80, total=4, steps=0)
    assert re.search(r"^\S train +[━╸]* +2/4 explanation 0:00:00 elapsed", shown)
    long = line(monkeypatch, 80, "explain integrated-gradients@optimised-target", steps=0)
    assert re.search(r" 500000/1000000 explanation 0:00:00 elapsed", long)


def line(
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    name: str = "train",
    total: int = 1_000_000,
    steps: int = 1,
    **values: Any,
) -> str:
    """The bar's line on a terminal so wide, half done and then some steps on."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None)
    monkeypatch.setattr(progress_bar, "Console", lambda **_: console)
    bar = ProgressBar(name, total, "explanation", total // 2)
    bar.advance(steps, **values)
    console.print(bar._progress.get_renderable())
    (only,) = file.getvalue().splitlines()
    return only


FIGURES: dict[str, Any] = {
    "mask_mean": 0.1,
    "unguided": 0,
    "loss_d": 1.12345,
    "epoch": 7,
    "loss_g": 0.94066,
}


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("name", ["train", "explain integrated-gradients@optimised-target"])
@pytest.mark.parametrize("total", [4, 1_000_000])
def test_bar_count_and_time_are_seen_at_any_width(
    name: str, total: int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = line(monkeypatch, width, name, total, **FIGURES, explain_seconds=3.0, more=1.0)
    assert len(shown) <= width
    assert re.search(rf"━.* {total // 2 + 1}/{total} explanation \d+:\d\d:\d\d left", shown)
    figures = shown.partition("left ")[2].split()
    order = ["epoch=7", "loss_d=1.123", "loss_g=0.9407", "mask_mean=0.1", "unguided=0", "more=1"]
    assert figures == [figure for figure in order if figure in figures]
    assert len(figures) == 5 or (len(figures) < 5 and width < 200)


def test_time_passes_before_the_first_step_and_is_left_after_it() -> None:
    now = [0.0]
    task = Task(0, "train", 4, 1, _get_time=lambda: now[0])  # type: ignore[arg-type]
    task.start_time = 0.0
    task.fields = {"each": None, "at": 0.0}
    now[0] = 75.0
    assert str(TimeLeft().render(task)) == "0:01:15 elapsed"
    # The second of four steps ended at 100 s, and 20 s have passed since.
    task.completed, task.fields = 2, {"each": 100.0, "at": 100.0}
    now[0] = 120.0
    assert str(TimeLeft().render(task)) == "0:03:00 left"
    now[0] = 999.0
    assert str(TimeLeft().render(task)) == "0:00:00 left"
    task.fields = {"each": 100_000.0, "at": 999.0}
    assert str(TimeLeft().render(task)) == "55:33:20 left"
