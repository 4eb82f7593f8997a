"""The layers point one way, only one file prints, and files stay short."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import xaitool

ROOT = Path(xaitool.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# What each part may import of ours; the leaves may be imported by all.
LEAVES = {"errors", "options", "registry"}
ALLOWED = {
    "cli": {"cli", "workflows"},
    "workflows": {"workflows", "core", "data", "io", "report"},
    "core": {"core"},
    "data": {"data", "core"},
    "io": {"io", "core"},
    "report": {"report", "core"},
    "errors": set(),
    "options": set(),
    "registry": set(),
}


def part(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The parts of xaitool that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [f"xaitool.{alias.name}" for alias in node.names]
                if node.module == "xaitool"
                else [node.module]
            )
        found |= {name.split(".")[1] for name in names if name.startswith("xaitool.")}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    name = part(path)
    if name in ("__init__", "__main__"):
        return
    assert imports(path) - LEAVES <= ALLOWED[name]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_one_file_prints(path: Path) -> None:
    calls = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "print"
    ]
    assert not calls or path == ROOT / "cli" / "output.py"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_holds_two_concepts(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
