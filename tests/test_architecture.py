"""Imports point one way, without circles; one file prints; files and folders stay small."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import xaitool

ROOT = Path(xaitool.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
TESTS = Path(__file__).parent
FOLDERS = sorted({path.parent for path in FILES})

# What each room may import beside itself; a room holds the folders below it that are not named.
LEAVES = {"errors", "near_names", "options", "registry"}
LIBRARY = {"core", "data", "io", "report"}
COMMON = LIBRARY | {"workflows.configs", "workflows.runs"}
ALLOWED = {
    "cli": {"cli", "workflows"},
    "workflows.catalogue": {"workflows.configs"},
    "workflows.configs": LIBRARY,
    "workflows.runs": LIBRARY | {"workflows.configs"},
    "workflows.models": COMMON,
    "workflows.features": COMMON | {"workflows.models"},
    "workflows.recommenders": COMMON,
    "workflows.counterfactuals": COMMON | {"workflows.models"},
    "workflows.classifiers": COMMON | {"workflows.models", "workflows.counterfactuals"},
    "workflows.gans": COMMON | {"workflows.models", "workflows.features"},
    "workflows.explanations": COMMON | {"workflows.models", "workflows.counterfactuals"},
    "workflows.evaluation": LIBRARY | {"workflows"},
    "core": {"core"},
    "data": {"core", "io"},
    "io": {"core"},
    "report": {"core"},
    "options": set(),
    "registry": set(),
    "errors": set(),
    "near_names": set(),
}


def module_of(path: Path) -> str:
    """The dotted name of a file below the package, as in ``core.score``; a package its folder."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


DECLARED = {"registry", "workflows.configs"}
MODULES = {module_of(path) for path in FILES}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text())))


@cache
def imports(path: Path) -> frozenset[str]:
    """The modules of xaitool that a file imports, also inside functions."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {_imported(node.module, alias.name) for alias in node.names}
    ours = {name.removeprefix("xaitool.") for name in found if name.startswith("xaitool.")}
    return frozenset(ours - {module_of(path)})


def _imported(module: str, name: str) -> str:
    full = f"{module}.{name}"
    return full if full.removeprefix("xaitool.") in MODULES else module


def is_within(module: str, rooms: set[str]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def room_of(module: str) -> str:
    return max((room for room in ALLOWED if is_within(module, {room})), key=len)


def folder_of(module: str) -> str:
    return module if (ROOT / module.replace(".", "/")).is_dir() else module.rpartition(".")[0]


def circle(graph: dict[str, set[str]]) -> list[str]:
    """What lies on circles of a graph, or between two."""
    while ends := {name for name, after in graph.items() if not after & graph.keys() - {name}}:
        graph = {name: after for name, after in graph.items() if name not in ends}
    while starts := graph.keys() - {one for name in graph for one in graph[name] if one != name}:
        graph = {name: after for name, after in graph.items() if name not in starts}
    return sorted(graph)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    module = module_of(path)
    if module in ("__init__", "__main__", "workflows"):
        return
    room = room_of(module)
    allowed = ALLOWED[room] | LEAVES | {room}
    outside = {name for name in imports(path) if not is_within(name, allowed)}
    assert not outside


@pytest.mark.parametrize("folder", sorted((ROOT / "core").iterdir()), ids=lambda path: path.name)
def test_nobody_in_the_core_takes_a_helper_from_the_attribution_methods(folder: Path) -> None:
    """What others share with them is below them; what others use of them is their interface."""
    if folder.name == "attribution":
        return
    files = [folder] if folder.suffix == ".py" else folder.rglob("*.py")
    used = {name for path in files if path.suffix == ".py" for name in imports(path)}
    methods = {name for name in used if is_within(name, {"core.attribution"})}
    assert methods <= {"core.attribution.base", "core.attribution.engine.rescale"}


def test_no_circle_between_files() -> None:
    assert circle({module_of(path): set(imports(path)) for path in FILES}) == []


def test_no_circle_between_folders() -> None:
    graph: dict[str, set[str]] = {}
    for path in FILES:
        module = module_of(path)
        if "." in module or (ROOT / module).is_dir():
            graph.setdefault(folder_of(module), set()).update(map(folder_of, imports(path)))
    assert circle({folder: after - {""} for folder, after in graph.items()}) == []


def test_a_circle_is_seen() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}, "e": {"e"}}) == ["b", "c"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_one_file_prints(path: Path) -> None:
    calls = [
        node.lineno
        for node in nodes(path)
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "print"
    ]
    assert not calls or path == ROOT / "cli" / "output.py"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_holds_two_concepts(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_folder_is_a_thicket(folder: Path) -> None:
    assert len([path for path in folder.iterdir() if path.name != "__pycache__"]) <= 25


def test_every_file_is_tested_by_one_of_its_name() -> None:
    """But for packages, and for declarations, which are tested as a whole."""
    named = {path for path in FILES if path.name not in ("__init__.py", "__main__.py")}
    named -= {path for path in named if is_within(module_of(path), DECLARED)}
    places = {path.relative_to(ROOT) for path in named}
    missing = [str(at) for at in places if not (TESTS / at.parent / f"test_{at.name}").is_file()]
    assert not missing
