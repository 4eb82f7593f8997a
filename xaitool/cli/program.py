"""The program ``xaitool``: its commands and its help."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from xaitool.cli import (
    evaluate,
    explain,
    recommend,
    train_baseline_gan,
    train_classifier,
    train_gan,
)
from xaitool.cli.options import show_help
from xaitool.cli.output import Output, is_terminal
from xaitool.errors import UnknownNameError
from xaitool.near_names import usual_spelling

EPILOG = (
    "Data goes to standard output, progress and messages to standard error. "
    "Exit status: 0 done, 1 the run failed, 2 wrong usage or input, "
    "130, 143, 138, 129 stopped by SIGINT, SIGTERM, SIGUSR1, SIGHUP after the state was saved, "
    "141 nobody read standard output any more."
)


def build_app() -> typer.Typer:
    """Make the command line; help is decorated only where a person reads it."""
    pretty = is_terminal(sys.stdout) and is_terminal(sys.stderr)
    app = typer.Typer(
        name="xaitool",
        help="Train with explanations, explain, and judge explanations.",
        epilog=EPILOG,
        rich_markup_mode="rich" if pretty else None,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "token_normalize_func": usual_spelling,
        },
        suggest_commands=False,
    )
    app.callback(invoke_without_command=True)(_root)
    for command in (
        train_gan,
        train_baseline_gan,
        train_classifier,
        explain,
        evaluate,
        recommend,
    ):
        command.register(app)
    return app


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
    show_completion: Annotated[
        str | None,
        typer.Option(metavar="bash|zsh|fish", help="Show what completes commands in a shell."),
    ] = None,
) -> None:
    if version:
        from importlib.metadata import version as installed_version

        Output().line(f"xaitool {installed_version('xaitool')}")
    elif show_completion is not None:
        from xaitool.cli.tab.scripts import SCRIPTS

        if show_completion not in SCRIPTS:
            raise UnknownNameError("shell", show_completion, SCRIPTS)
        Output().line(SCRIPTS[show_completion].rstrip())
    else:
        show_help(context)
