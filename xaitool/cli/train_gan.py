"""``xaitool train-gan``."""

from __future__ import annotations

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.cli.training_result import print_training_result
from xaitool.workflows.configs.train_gan import TrainGanConfig

HELP = """Prints the run directory.

Examples:
  xaitool train-gan --out my-gan
  xaitool train-gan --xai none --out plain-gan
  xaitool train-gan --preset logicgan --dataset mnist --classes 7 --epochs 10
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "train-gan", TrainGanConfig, run, HELP)


def run(config: TrainGanConfig, output: Output) -> None:
    """Train and print where the result lies."""
    with output.loading():
        from xaitool.workflows.gans.train_gan import train_gan

    print_training_result(train_gan(config, output), config, output)
