"""``xaitool evaluate``."""

from __future__ import annotations

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.workflows.configs.evaluate import EvaluateConfig

HELP = """Prints a table a metric; all of it tab-separated when piped, JSON Lines with --json.

Examples:
  xaitool evaluate my-classifier
  xaitool evaluate my-classifier -m robustness -m confusion --epsilon 0.1,0.2
  xaitool evaluate my-classifier -m parameter-randomisation --method saliency \\
      --out my-figures
  xaitool evaluate my-maps/integrated-gradients.h5 -m insertion --json
  xaitool evaluate my-gan plain-gan
  xaitool evaluate my-films --metric rmse --metric t1@3
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "evaluate", EvaluateConfig, run, HELP)


def run(config: EvaluateConfig, output: Output) -> None:
    """Measure and print."""
    with output.loading():
        from xaitool.workflows.evaluation.evaluate import evaluate

    result = evaluate(config, output)
    if isinstance(result, dict):
        output.plan(result, config)
    elif output.draws:
        from xaitool.cli.tables.results import result_lines

        output.lines(result_lines(result, output.page))
    else:
        output.table(result)
