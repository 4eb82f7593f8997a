"""``xaitool evaluate``."""

from __future__ import annotations

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.workflows.configs.evaluate import EvaluateConfig

HELP = """Measure a classifier, a GAN, a CVAE, a recommender or an attribution file.

Prints a table a metric; all of it tab-separated when piped, JSON Lines with --json.

Examples:

\b
  xaitool evaluate runs/my-gan
  xaitool evaluate digits.h5 --metric insertion --metric deletion --json
  xaitool evaluate my-classifier -m parameter-randomisation --method saliency --out pictures
  xaitool evaluate my-classifier -m robustness --epsilon 0.1,0.2 --transfer-from another
  xaitool evaluate my-classifier -m fairness --cvae my-cvae
  xaitool evaluate films --folds 5 --metric rmse --metric t1@3
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "evaluate", EvaluateConfig, run, HELP)


def run(config: EvaluateConfig, output: Output) -> None:
    """Measure and print."""
    from xaitool.workflows.evaluation.evaluate import evaluate

    result = evaluate(config, output)
    if isinstance(result, dict):
        output.record(result)
    elif output.draws:
        from xaitool.cli.tables.results import result_lines

        output.lines(result_lines(result, output.page))
    else:
        output.table(result)
