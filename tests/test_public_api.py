"""``import xaitool``: cheap, and every name leads somewhere."""

from __future__ import annotations

import subprocess
import sys

import pytest

import xaitool


@pytest.mark.parametrize("name", xaitool.__all__)
def test_every_name_leads_somewhere(name: str) -> None:
    assert getattr(xaitool, name).__doc__
    assert name in dir(xaitool)


def test_the_version_is_the_installed_one() -> None:
    assert xaitool.__version__ == "0.1.0"


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="'xaitool' has no attribute 'trian_gan'"):
        xaitool.trian_gan  # noqa: B018


def test_import_is_cheap() -> None:
    code = "import sys, xaitool; xaitool.TrainGanConfig(epochs=1); print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "False\n"
