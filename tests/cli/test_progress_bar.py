"""The live bar on a terminal."""

from __future__ import annotations

import pytest

from xaitool.cli.progress_bar import ProgressBar


def test_a_bar_moves_and_vanishes(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressBar("train", 10, "step", 2) as bar:
        bar.advance(3, loss=0.25)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "5/10" in captured.err or captured.err.strip() == ""
