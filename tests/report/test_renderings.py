"""The names of the ways to show an attribution."""

from __future__ import annotations

import subprocess
import sys

from xaitool.report.map_cells import KEY
from xaitool.report.renderings import RENDERINGS


def test_every_rendering_has_a_key_to_its_colours() -> None:
    assert RENDERINGS == ("signed", "absolute", "percentile", "reversed")
    assert set(KEY) == set(RENDERINGS)


def test_the_names_import_nothing_heavy():
    code = (
        "import sys, xaitool.report.renderings\n"
        "print(*({'torch', 'numpy', 'PIL', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
