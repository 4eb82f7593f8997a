"""What README, manual and measured results say is so: commands run, names and links exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.manual_tables import chapters, renewed
from tests.prose import (
    FILES,
    README,
    RESULTS,
    ROOT,
    Block,
    anchors,
    blocks,
    flags,
    flags_of_commands,
    links,
    program_flags,
    spans,
)
from tests.readme_pictures import LARGEST, MAKERS
from tests.warm_program import warm_program
from xaitool import TrainGanConfig, registry

FLAGS = program_flags()
ALL_FLAGS = {flag for known in FLAGS.values() for flag in known}
NAMED = {span for path in [README, *chapters()] for span in spans(path)}
RUNNABLE = [path for path in FILES if any(block.runs_anywhere for block in blocks(path))]
DOWNLOADS = {
    block.text: f"{path.stem}-{number}"
    for path in FILES
    for number, block in enumerate(blocks(path))
    if block.text.startswith("# needs a download")
}


def run(command: list[str], folder: Path, programs: Path = Path(sys.executable).parent) -> None:
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, f"{command[-1]}\n{result.stderr}"


def runner(block: Block) -> list[str]:
    if block.language == "python":
        return [sys.executable, "-W", "error", "-c", block.text]
    return ["bash", "-euo", "pipefail", "-c", block.text]


def shortened(block: Block) -> Block:
    """A block whose trainings have as many epochs as show that it runs."""
    text = re.sub(r" --epochs \d+", "", block.text)
    return block._replace(text=re.sub(r"xaitool (train-[a-z-]+)", r"xaitool \1 --epochs 2", text))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_two_commands_of_a_newcomer_are_there() -> None:
    assert "pip install . && xaitool train-gan --xai shap" in README.read_text()
    assert "pip install '.[test]' && pytest" in README.read_text()


def test_what_installing_needs_is_what_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [text for text in project["dependencies"] if text.startswith("torch")]
    torch, torchvision = (re.sub(">=.*,", "", text) for text in wanted)
    assert f"pip install '{torch}' '{torchvision}' --index-url" in README.read_text()
    assert f"Python {project['requires-python'].removeprefix('>=')} or newer" in README.read_text()


def test_the_readme_is_short_and_leads_to_all_else() -> None:
    assert len(README.read_text().splitlines()) <= 250
    reached = {(ROOT / link.partition("#")[0]).resolve() for link in links(README)}
    assert {*chapters(), *RESULTS} <= reached


def test_the_pictures_of_the_readme_are_small() -> None:
    """``python -m tests.readme_pictures`` makes them."""
    pictures = [ROOT / link for link in links(README) if link.endswith(".png")]
    assert [path.name for path in pictures] == [f"{name}.png" for name in MAKERS]
    assert all(path.stat().st_size < LARGEST for path in pictures)


@pytest.mark.parametrize("path", chapters(), ids=name)
def test_generated_tables_are_the_registry(path: Path) -> None:
    """``python -m tests.manual_tables --write`` renews them."""
    assert renewed(path.read_text()) == path.read_text()


@pytest.mark.parametrize("method", registry.names("method"))
def test_the_table_of_methods_is_the_registry(method: str) -> None:
    loaded = registry.load("method", method)
    baseline = f"`{loaded.default_baseline}`" if loaded.needs_baseline else "no"
    row = f"| `{method}` | {baseline} | {loaded.default_output} |"
    assert row in (ROOT / "xaitool" / "manual" / "explain.md").read_text()


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_name_is_in_the_manual(kind: str) -> None:
    assert set(registry.names(kind)) - NAMED == set()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_flags_exist(path: Path) -> None:
    named = [*flags_of_commands(path, set(FLAGS))]
    assert [(command, flag) for command, flag in named if flag not in FLAGS[command]] == []
    assert set(flags(path)) - ALL_FLAGS == set()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links(path):
        target, _, anchor = link.partition("#")
        file = path.parent / target if target else path
        assert file.exists(), link
        assert not anchor or anchor in anchors(file), link


@pytest.mark.parametrize("path", FILES, ids=name)
def test_shell_blocks_are_sound(path: Path) -> None:
    """Those that need hours are not run, but are shell at least."""
    for block in blocks(path):
        if block.language == "sh":
            run(["bash", "-n", "-c", block.text], ROOT)


@pytest.fixture(scope="session")
def warm() -> Iterator[Path]:
    """The folder of an ``xaitool`` that is quick to start."""
    with (
        tempfile.TemporaryDirectory(prefix="xaitool-") as folder,
        warm_program(Path(folder)) as programs,
    ):
        yield programs


@pytest.mark.slow
@pytest.mark.parametrize("path", RUNNABLE, ids=name)
def test_blocks_run(path: Path, tmp_path: Path, warm: Path) -> None:
    """A reader's way through a file: its blocks from top to bottom, in one folder."""
    for block in blocks(path):
        if block.runs_anywhere:
            run(runner(shortened(block) if block.language == "sh" else block), tmp_path, warm)


@pytest.mark.slow
def test_the_main_job_makes_samples(tmp_path: Path) -> None:
    """In 6 epochs; unasked it has LogicGAN's 66, which only take longer."""
    assert TrainGanConfig().epochs == 66
    program = str(Path(sys.executable).parent / "xaitool")
    run([program, "train-gan", "--xai", "shap", "--out", "run", "--epochs", "6"], tmp_path)
    assert len(list((tmp_path / "run" / "samples").glob("epoch-????.png"))) == 6


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.xdist_group("real data")
@pytest.mark.parametrize("block", DOWNLOADS, ids=DOWNLOADS.values())
def test_real_data_blocks_run(block: str, tmp_path: Path, real_data: Path, warm: Path) -> None:
    run(runner(shortened(Block("sh", block))), tmp_path, warm)
