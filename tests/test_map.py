"""The map of the package and the words for contributors name what exists, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.prose import ROOT, anchors, blocks, links, spans
from xaitool import registry

PACKAGE = ROOT / "xaitool"
MAP = PACKAGE / "README.md"
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
DOORS = [MAP, CONTRIBUTING, ROOT / ".github" / "pull_request_template.md"]
PATH = re.compile(r"(?<![\w./-])(?:\.?[\w-]+(?:\.[\w-]+)*/)+[\w.-]*|(?<![\w./-])\w+\.(?:py|md)\b")


def paths(file: Path) -> set[str]:
    """What is written as a path, in backticks or in a block."""
    code = [*spans(file), *(block.text for block in blocks(file))]
    return {found for text in code for found in PATH.findall(text)}


def sections() -> dict[str, str]:
    """The text of the map under each heading."""
    _, *parts = re.split(r"^## (.*)$", MAP.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def first_cells(section: str) -> list[str]:
    """What stands in the first column of the section's table, below its head."""
    return re.findall(r"^\| (.*?) \|", sections()[section], re.MULTILINE)[1:]


@pytest.mark.parametrize("file", DOORS, ids=lambda path: path.name)
def test_every_path_exists(file: Path) -> None:
    """Of the map from the package, of all from the root of the project."""
    assert paths(file)
    places = [ROOT, PACKAGE] if file == MAP else [ROOT]
    assert {path for path in paths(file) if not any((at / path).exists() for at in places)} == set()


@pytest.mark.parametrize("file", [MAP, CONTRIBUTING], ids=lambda path: path.name)
def test_links_lead_somewhere(file: Path) -> None:
    assert links(file)
    for link in links(file):
        target, _, anchor = link.partition("#")
        assert (file.parent / target).exists(), link
        assert not anchor or anchor in anchors(file.parent / target), link


def test_every_folder_is_in_the_map_once() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*") if path.suffix in (".py", ".md")}
    known = [f"`{folder.relative_to(PACKAGE)}/`" for folder in folders - {PACKAGE}]
    assert sorted(first_cells("Rooms")) == sorted(known)


def test_rooms_of_workflows_stand_below_those_that_they_import() -> None:
    from tests.test_architecture import ALLOWED

    order = [cell.strip("`/").replace("/", ".") for cell in first_cells("Rooms")]
    for room, allowed in ALLOWED.items():
        if room in order and room.startswith("workflows."):
            above = order[: order.index(room)]
            assert {one for one in allowed if one.startswith("workflows.")} <= set(above)


def test_every_entry_goes_to_a_table_of_its_file() -> None:
    table = sections()["Where does a new X go"]
    entries = re.findall(r"`registry/(\w+)\.py`, ([A-Z_]+)", table)
    for module, name in entries:
        source = (PACKAGE / "registry" / f"{module}.py").read_text()
        assert re.search(rf"^{name}\b", source, re.MULTILINE), name
    known = [vars(registry)[name] for _, name in entries]
    assert "METRICS_OF" in {name for _, name in entries}
    assert [
        kind for kind in registry.KINDS if kind != "metric" and registry.KINDS[kind] not in known
    ] == []


def test_the_glossary_has_each_word_once() -> None:
    words = re.findall(r"\*\*(.+?)\*\*", sections()["Glossary"])
    assert len(words) == len(set(words)) > 20


def test_contributing_is_a_page() -> None:
    assert len(CONTRIBUTING.read_text().splitlines()) <= 32
