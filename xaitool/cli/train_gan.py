"""``xaitool train-gan``."""

from __future__ import annotations

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.cli.training_result import print_training_result
from xaitool.workflows.configs.train_gan import TrainGanConfig

HELP = """Train a GAN whose generator is guided by an explanation of its discriminator (LogicGAN).

Prints the run directory.

Examples:

\b
  xaitool train-gan --xai shap
  xaitool train-gan --dataset mnist --classes 7 --epochs 10 --out sevens
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "train-gan", TrainGanConfig, run, HELP)


def run(config: TrainGanConfig, output: Output) -> None:
    """Train and print where the result lies."""
    from xaitool.workflows.gans.train_gan import train_gan

    print_training_result(train_gan(config, output), output)
