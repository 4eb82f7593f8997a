"""A command as one would type it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from xaitool.options import Options, option
from xaitool.options.command_text import code_text, command_text


@dataclass(frozen=True, kw_only=True)
class Example(Options):
    """One option of every form."""

    images: tuple[Path, ...] = option((), "Images.", argument=True)
    method: tuple[str, ...] = option(("agi",), "Methods.", repeated=True)
    rates: tuple[float, ...] = option((), "Rates.")
    steps: int = option(5, "Steps.")
    exact: bool = option(False, "Exact.")
    model: str | None = option(None, "Model.", names_code=True)
    device: str = option("auto", "Device.", role="run")
    out: Path | None = option(None, "Out.", role="place")


def test_defaults_are_left_out() -> None:
    assert command_text("explain", Example()) == "xaitool explain"
    assert command_text("explain", Example(steps=5, method=("agi",))) == "xaitool explain"


def test_every_form_as_it_is_typed_and_positional_ones_last() -> None:
    config = Example(
        images=(Path("a b.png"), Path("c.png")),
        method=("agi", "saliency"),
        rates=(0.5, 1.0),
        steps=7,
        exact=True,
        model="nets:make(width=32)",
    )
    words = ["--method", "agi", "--method", "saliency", "--rates", "0.5,1.0", "--steps", "7"]
    words += ["--exact", "--model", "nets:make(width=32)", "a b.png", "c.png"]
    assert shlex.split(command_text("explain", config)) == ["xaitool", "explain", *words]


def test_where_it_ran_is_no_part_of_it() -> None:
    config = Example(device="cuda:3", out=Path("elsewhere"))
    assert command_text("explain", config) == "xaitool explain"


def test_only_what_names_code_is_code() -> None:
    assert code_text(Example(model="lenet5")) == {}
    assert code_text(Example()) == {}
    named = code_text(Example(model="nets:make(width=32)"))
    assert named == {"model": "--model 'nets:make(width=32)'"}
