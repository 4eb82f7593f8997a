"""Commands that are made when they are asked for."""

from __future__ import annotations

import typer

from xaitool.cli.program import Program, build_app


def test_only_the_command_that_is_asked_for_is_made() -> None:
    group = typer.main.get_command(build_app())
    assert isinstance(group, Program)
    assert group.list_commands(None) == list(Program.lazy)
    assert group.commands == {}
    made = group.get_command(None, "train-gan")
    assert list(group.commands) == ["train-gan"]
    assert group.get_command(None, "train-gan") is made
    assert made.help.startswith(Program.lazy["train-gan"].summary)
    assert group.get_command(None, "train") is None


def test_a_group_within_a_group_is_lazy_too() -> None:
    group = typer.main.get_command(build_app())
    inner = group.get_command(None, "recommend")  # type: ignore[attr-defined]
    assert inner.list_commands(None) == ["fit", "top", "explain", "preferences"]
    assert inner.commands == {}
