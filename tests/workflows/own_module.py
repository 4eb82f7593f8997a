"""A user's own module, beside which a test works."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


def work_beside(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, source: str) -> None:
    """Work in a folder that has a module, which is imported anew."""
    (folder / f"{name}.py").write_text(source)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, name, raising=False)
