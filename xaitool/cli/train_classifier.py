"""``xaitool train-classifier``."""

from __future__ import annotations

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.cli.training_result import print_training_result
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig

HELP = """Train an image classifier.

Prints the run directory.

Examples:

\b
  xaitool train-classifier --epochs 10 --out digits
  xaitool train-classifier --dataset mnist --architecture resnet18
  xaitool train-classifier --preset pc-mnist --epochs 20 --seed 1
  xaitool train-classifier --loss lgl-inr --loss-option beta=2
  xaitool train-classifier --preset cia-biased-mnist --augment cia --cvae cvae
  xaitool train-classifier --list
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(
        app,
        "train-classifier",
        TrainClassifierConfig,
        run,
        HELP,
        show=("--list", "Show losses, their options, and presets, and exit.", show_list),
    )


def run(config: TrainClassifierConfig, output: Output) -> None:
    """Train and print where the result lies."""
    from xaitool.workflows.classifiers.train_classifier import train_classifier

    print_training_result(train_classifier(config, output), output)


def show_list(output: Output) -> None:
    """Print every loss with its options, and every preset."""
    from xaitool.workflows.catalogue import training_lines, training_records

    for record in training_records():
        if output.as_json:
            output.record(record)
        else:
            output.lines(training_lines(record))
