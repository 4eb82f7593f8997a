"""What an artifact seems to be, at a glance."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from xaitool import registry
from xaitool.io.checkpoints import save_checkpoint
from xaitool.workflows.evaluation.glimpse import glimpsed_kind


@pytest.mark.parametrize("kind", sorted(set(registry.METRICS_OF) - {"attribution"}))
@pytest.mark.parametrize("name", ["best.pt", "last.pt"])
def test_the_kind_of_a_checkpoint_and_of_its_run(kind: str, name: str, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / name, kind, {"a": "kind", "b": {"kind": "another"}})
    assert glimpsed_kind(tmp_path / name) == glimpsed_kind(tmp_path) == kind


def test_what_the_name_says(tmp_path: Path) -> None:
    assert glimpsed_kind(tmp_path / "maps.h5") == "attribution"
    assert glimpsed_kind(tmp_path / "program.pt2") == "classifier"
    assert glimpsed_kind(Path("torchvision:resnet18")) == "classifier"


@pytest.mark.parametrize("content", [None, b"", b"PK\3\4 and nothing", b"\x80\x02garbage"])
def test_what_says_nothing(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "file.pt"
    if content is not None:
        path.write_bytes(content)
    assert glimpsed_kind(path) is None
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", content or b"")
    assert glimpsed_kind(path) is None
    assert glimpsed_kind(tmp_path) is None
