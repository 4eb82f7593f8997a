"""Groups of commands that are made when they are asked for, so that help and TAB come at once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperGroup

from xaitool.cli.help.page import group_help


class LazyCommand(NamedTuple):
    """A command that is not made yet.

    Attributes:
        target: ``module:function`` in ``xaitool.cli``; the function adds the command to an app.
        summary: What the group's help says of it, and its own help in the first place.
    """

    target: str
    summary: str

    def made(self) -> Any:
        """Typer's command."""
        module, _, function = self.target.partition(":")
        app = typer.Typer(add_completion=False)
        getattr(import_module(f"xaitool.cli.{module}"), function)(app)
        command = typer.main.get_command(app)
        command.help = f"{self.summary}\n\n{command.help or ''}".rstrip()
        return command


class LazyGroup(TyperGroup):
    """A group that imports only the command that is asked for.

    Attributes:
        lazy: Name to command, in the order of the help.
    """

    lazy: ClassVar[Mapping[str, LazyCommand]] = {}

    def list_commands(self, context: Any) -> list[str]:
        """The names, in the order of the help."""
        return list(self.lazy)

    def get_command(self, context: Any, name: str) -> Any:
        """The command of a name, None where there is none."""
        if name in self.lazy and name not in self.commands:
            self.commands[name] = self.lazy[name].made()
        return self.commands.get(name)

    def get_help(self, context: Any) -> str:
        """Its text, the commands and the options."""
        return group_help(context, {name: one.summary for name, one in self.lazy.items()})
