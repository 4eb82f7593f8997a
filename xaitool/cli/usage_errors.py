"""A command line that Typer cannot read: one line, which names what may be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from xaitool.errors import InputError, suggestion
from xaitool.near_names import SUGGESTED


def usage_error(error: Exception) -> InputError:
    """The text alone, without the usage lines around it and with our own suggestion."""
    context: Any = getattr(error, "ctx", None)
    option = getattr(error, "option_name", None)
    if context is not None and hasattr(error, "possibilities"):
        text = f"No such option: {option}{_meant(str(option), list(_flags(context)))}"
        return InputError(text, hint=_lists(context.command) if option == "--list" else None)
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    text = " ".join(text.split()).rstrip(".")
    if context is not None and (command := re.match(r"No such command '(.*?)'", text)):
        return InputError(
            command[0] + _commands(command[1], context.command.list_commands(context))
        )
    return InputError(text)


def _commands(name: str, known: list[str]) -> str:
    """Which commands may be meant: all that begin with it, else the nearest."""
    begin = [one for one in known if one.startswith(name)]
    if len(begin) < 2:
        return suggestion(name, known)
    *others, last = [f"'{one}'" for one in begin]
    return f"; did you mean {', '.join(others)} or {last}?"


def _flags(context: Any) -> Iterator[str]:
    for parameter in context.command.get_params(context):
        if not getattr(parameter, "hidden", False):
            yield from (one for one in parameter.opts if one.startswith("--"))


def _lists(command: Any) -> str:
    """What has a --list where a group, or a command without choices, has none."""
    if having := ", ".join(_with_list(command)):
        return f"COMMAND --list, where COMMAND is one of: {having}"
    return "there is nothing to choose from; --help shows the options"


def _with_list(group: Any) -> Iterator[str]:
    """The commands of a group that have a --list, those of its groups included."""
    for name in getattr(group, "lazy", ()):
        command = group.get_command(None, name)
        yield from (f"{name} {inner}" for inner in _with_list(command))
        if any("--list" in parameter.opts for parameter in command.params):
            yield name


def _meant(option: str, flags: list[str]) -> str:
    """Which flag, perhaps with its value, an unknown option may mean."""
    name = option.lstrip("-")
    flag, _, value = SUGGESTED.get(name, "").partition(" ")
    if value and f"--{flag}" in flags:
        return f"; did you mean '--{flag} {value}'?"
    near = suggestion(name, [one.removeprefix("--") for one in flags])
    return near.replace("mean '", "mean '--")
