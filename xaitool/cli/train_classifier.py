"""``xaitool train-classifier``."""

from __future__ import annotations

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.cli.training_result import print_training_result
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig

HELP = """Prints the run directory.

Examples:
  xaitool train-classifier --epochs 5 --out my-classifier
  xaitool train-classifier --dataset folder:photos --architecture resnet18 \\
      --weights torchvision --image-size 224
  xaitool train-classifier --preset pc-mnist --epochs 20 --seed 1
  xaitool train-classifier --loss lgl-inr --loss-option beta=2
  xaitool train-classifier --dataset biased-mnist:of=digits \\
      --augment cia --cvae my-cvae
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "train-classifier", TrainClassifierConfig, run, HELP)


def run(config: TrainClassifierConfig, output: Output) -> None:
    """Train and print where the result lies."""
    with output.loading():
        from xaitool.workflows.classifiers.train_classifier import train_classifier

    print_training_result(train_classifier(config, output), config, output)
