"""From a line to what a shell reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.tab.test_offers import PROGRAM, values
from xaitool.cli.tab.answers import answer, split_line
from xaitool.io.checkpoints import save_checkpoint


def test_nothing_imports_torch(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "best.pt", "gan", {})
    lines = [
        "explain --model torchvision:",
        "explain --method-option ",
        "train-gan --dataset biased-mnist:",
        f"evaluate {tmp_path} --metric ",
    ]
    program = (
        "import sys, typer; from xaitool.cli.tab.answers import answer\n"
        "from xaitool.cli.program import build_app\n"
        "program = typer.main.get_command(build_app())\n"
        f"for line in {lines}:\n"
        "    print(len(answer({'_XAITOOL_LINE': 'xaitool ' + line}, program)))\n"
        "print('torch' in sys.modules, 'numpy' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    *counts, torch = result.stdout.splitlines()
    assert torch == "False False", result.stderr
    assert all(int(count) > 4 for count in counts)


def test_what_was_given_is_not_offered_again() -> None:
    found = values("explain --limit 5 --method agi --")
    assert "--limit" not in found
    assert {"--method", "--split", "--help"} <= set(found)


@pytest.mark.parametrize(
    ("line", "header", "first"),
    [
        ("xaitool explain --method sal", ["none", "", "sal", "0"], "saliency"),
        ("xaitool explain --model torchvision:al", ["none", "torchvision:", "al", "12"], "alexnet"),
        ("xaitool explain --method=sal", ["none", "--method=", "sal", "9"], "saliency"),
        ("xaitool explain --method 'sal", ["none", "", "sal", "0"], "saliency"),
        (
            "xaitool train-classifier --augment=flip,r",
            ["none", "--augment=flip,", "r", "10"],
            "flip,rotate",
        ),
    ],
)
def test_bash_gets_what_is_behind_its_last_break(line: str, header: list[str], first: str) -> None:
    asked = {"_XAITOOL_COMPLETE": "bash", "_XAITOOL_LINE": line, "_XAITOOL_BREAKS": " \t\n\"'=:"}
    found = answer(asked, PROGRAM)
    assert found[:4] == header
    assert found[4] == first


def test_the_line_as_it_was_typed() -> None:
    assert split_line("xaitool explain 'a b' c\\ d") == (
        ["xaitool", "explain", "a b"],
        "c d",
        False,
    )
    assert split_line("xaitool ") == (["xaitool"], "", False)
    assert split_line('xaitool "a b') == (["xaitool"], "a b", True)
