"""Shell completions: the files are current."""

from __future__ import annotations

from pathlib import Path

import pytest

from xaitool.cli import completions

FOLDER = Path(__file__).parents[2] / "completions"


def test_they_are_current() -> None:
    assert completions.stale(FOLDER) == []


def test_write_and_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert completions.main(["--write", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in FOLDER.iterdir()}
    (tmp_path / "_xaitool").write_text("old")
    assert completions.main(["--check", str(tmp_path)]) == 1
    assert "_xaitool is out of date" in capsys.readouterr().err
    assert completions.main([]) == 2
