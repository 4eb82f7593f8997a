"""``xaitool train-baseline-gan``."""

from __future__ import annotations

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.cli.training_result import print_training_result
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig

HELP = """Its images are baselines for one-vs-one explanations of a classifier: why this class and
not that one? --generator-kind cvae changes a sensitive attribute instead of the class (CIA). Prints
the run directory; its samples/ show images and what becomes of them.

Examples:
  xaitool train-classifier --epochs 20 --out my-classifier
  xaitool train-baseline-gan --classifier my-classifier --preset small \\
      --out my-baselines
  xaitool train-baseline-gan --generator-kind cvae --latent 16 --out my-cvae
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "train-baseline-gan", TrainBaselineGanConfig, run, HELP)


def run(config: TrainBaselineGanConfig, output: Output) -> None:
    """Train and print where the result lies."""
    with output.loading():
        from xaitool.workflows.counterfactuals.train_baseline_gan import train_baseline_gan

    print_training_result(train_baseline_gan(config, output), config, output)
