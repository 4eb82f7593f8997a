"""``xaitool train-baseline-gan``: its options; this version refuses to run it."""

from __future__ import annotations

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.cli.unavailable import refuse
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig

HELP = """Train a generator whose images serve as baselines of a classifier (not yet available)."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "train-baseline-gan", TrainBaselineGanConfig, run, HELP)


def run(config: TrainBaselineGanConfig, output: Output) -> None:
    """Refuse."""
    refuse("train-baseline-gan")
