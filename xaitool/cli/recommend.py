"""``xaitool recommend fit|top|explain``: their options; this version refuses to run them."""

from __future__ import annotations

from collections.abc import Callable

import typer

from xaitool.cli.options import add_command, show_help
from xaitool.cli.output import Output
from xaitool.cli.unavailable import refuse
from xaitool.options import Options
from xaitool.workflows.configs.recommend import (
    RecommendExplainConfig,
    RecommendFitConfig,
    RecommendTopConfig,
)

COMMANDS: dict[str, type[Options]] = {
    "fit": RecommendFitConfig,
    "top": RecommendTopConfig,
    "explain": RecommendExplainConfig,
}


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Recommend items and say why (not yet available).")
    group.callback(invoke_without_command=True)(show_help)
    for name, config_class in COMMANDS.items():
        summary = (config_class.__doc__ or "").splitlines()[0]
        add_command(group, name, config_class, _refusal(name), f"{summary} (not yet available)")
    app.add_typer(group, name="recommend")


def _refusal(name: str) -> Callable[[Options, Output], None]:
    def run(config: Options, output: Output) -> None:
        refuse(f"recommend {name}")

    return run
