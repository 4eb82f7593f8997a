"""``xaitool recommend fit``."""

from __future__ import annotations

import dataclasses

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.workflows.configs.recommend_fit import RecommendFitConfig

HELP = """Prints the run directory, from which top, explain and preferences recommend, and which
evaluate measures.

Examples:
  xaitool recommend fit --out my-films
  xaitool recommend fit --dataset ml-100k --base svd --factors 120
  xaitool recommend fit --dataset csv:ratings.csv --aspects genres.csv \\
      --split time
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "fit", RecommendFitConfig, run, HELP, group="recommend")


def run(config: RecommendFitConfig, output: Output) -> None:
    """Fit and print where the result lies."""
    with output.loading():
        from xaitool.workflows.recommenders.fit import recommend_fit

    result = recommend_fit(config, output)
    if isinstance(result, dict):
        output.plan(result, config)
    elif output.as_json:
        output.record({**dataclasses.asdict(result), "schema": 1})
    else:
        output.line(result.run_dir)
