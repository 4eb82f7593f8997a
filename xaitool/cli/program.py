"""The program ``xaitool``: its commands and its help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import typer

from xaitool.cli.help.lazy_group import LazyCommand, LazyGroup
from xaitool.cli.output import Output
from xaitool.errors import UnknownNameError
from xaitool.near_names import usual_spelling

HELP = """Train with explanations, explain, and judge explanations.

Start here, without GPU and download, in a minute:
  xaitool train-classifier --epochs 5 --out my-classifier
  xaitool explain --model my-classifier --dataset digits --limit 8 --out my-maps
  xaitool evaluate my-classifier

COMMAND --help shows a command's options and examples, COMMAND --list what it has to choose from.
"""

EPILOG = (
    "Data goes to standard output, progress and messages to standard error. "
    "Exit status: 0 done, 1 the run failed, 2 wrong usage or input, "
    "130, 143, 138, 129 stopped by SIGINT, SIGTERM, SIGUSR1, SIGHUP after the state was saved, "
    "141 nobody read standard output any more."
)


class Recommend(LazyGroup):
    """What is done with ratings."""

    lazy: ClassVar[Mapping[str, LazyCommand]] = {
        "fit": LazyCommand(
            "recommend_fit:register",
            "Fit a rating model, and AMCF, which explains its ratings by aspects.",
        ),
        "top": LazyCommand(
            "recommend:register_top", "Recommend the items that users would rate highest."
        ),
        "explain": LazyCommand(
            "recommend:register_explain", "Say in aspects why users would rate items so high."
        ),
        "preferences": LazyCommand(
            "recommend:register_preferences",
            "Say which aspects users like and dislike in general.",
        ),
    }


class Program(LazyGroup):
    """All commands."""

    lazy: ClassVar[Mapping[str, LazyCommand]] = {
        "train-classifier": LazyCommand("train_classifier:register", "Train an image classifier."),
        "explain": LazyCommand(
            "explain:register", "Attribute a classifier's score to the pixels of images."
        ),
        "evaluate": LazyCommand(
            "evaluate:register",
            "Measure a classifier, a GAN, a CVAE, a recommender or an attribution file.",
        ),
        "train-gan": LazyCommand(
            "train_gan:register",
            "Train a GAN whose generator is guided by an explanation of its discriminator "
            "(LogicGAN).",
        ),
        "train-baseline-gan": LazyCommand(
            "train_baseline_gan:register",
            "Train a generator that turns an image into a near one of another class (GANMEX).",
        ),
        "recommend": LazyCommand("program:register_recommend", "Recommend items and say why."),
    }


def build_app() -> typer.Typer:
    """Make the command line."""
    app = typer.Typer(
        name="xaitool",
        cls=Program,
        help=HELP,
        epilog=EPILOG,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "token_normalize_func": usual_spelling,
        },
        suggest_commands=False,
    )
    app.callback(invoke_without_command=True)(_root)
    return app


def register_recommend(app: typer.Typer) -> None:
    """Make the app the group ``recommend``."""
    app.info.cls = Recommend
    app.callback(help="", invoke_without_command=True)(show_help)


def show_help(context: typer.Context) -> None:
    """Print a group's help and exit with 2, for a group that was called without a command."""
    if context.invoked_subcommand is None:
        Output().line(context.get_help())
        raise typer.Exit(2)


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
