"""The program ``xaitool``: its commands, and how an error becomes a line and an exit code."""

from __future__ import annotations

import codecs
import os
import sys
from io import TextIOWrapper
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
from xaitool.cli.output import Output, encoding_fallback, is_terminal
from xaitool.errors import InputError, XaitoolError

EPILOG = (
    "Data goes to standard output, progress and messages to standard error. "
    "Exit status: 0 done, 1 the run failed, 2 wrong usage or input, "
    "130, 143, 138 stopped by SIGINT, SIGTERM, SIGUSR1 after the state was saved."
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
        context_settings={"help_option_names": ["-h", "--help"]},
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
) -> None:
    if version:
        from importlib.metadata import version as installed_version

        Output().line(f"xaitool {installed_version('xaitool')}")
    else:
        show_help(context)


def main() -> None:
    """Run the program and exit with its status."""
    if isinstance(sys.stdout, TextIOWrapper):
        codecs.register_error("xaitool", encoding_fallback)
        sys.stdout.reconfigure(errors="xaitool")
    try:
        status = build_app()(standalone_mode=False)
    except XaitoolError as error:
        if _debugging():
            raise
        Output().error(error)
        status = error.exit_code
    except typer.exceptions.TyperException as error:
        # Typer's own messages about flags: the text without the usage lines around it.
        Output().error(InputError(_one_line(error)))
        status = 2
    except OSError as error:
        if _debugging():
            raise
        Output().error(XaitoolError(_system_error(error)))
        status = 1
    except Exception as error:
        if _debugging():
            raise
        unexpected = XaitoolError(
            f"unexpected {type(error).__name__}: {error}",
            hint="XAITOOL_DEBUG=1 shows where; please report it",
        )
        Output().error(unexpected)
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


def _debugging() -> bool:
    return os.environ.get("XAITOOL_DEBUG") == "1"


def _system_error(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def _one_line(error: Exception) -> str:
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    return " ".join(text.split()).rstrip(".")
