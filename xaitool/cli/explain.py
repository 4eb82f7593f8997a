"""``xaitool explain``."""

from __future__ import annotations

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.workflows.configs.explain import ExplainConfig

HELP = """Writes an HDF5 file and heat maps for each method and baseline; prints the names of the
HDF5 files.

Examples:
  xaitool explain --method agi photo.jpg
  xaitool explain --model my-classifier --dataset digits --limit 8 --out my-maps
  xaitool explain --model my-classifier --dataset digits --limit 8 \\
      --method saliency --method deep-shap --out my-methods
  xaitool explain --model my-classifier --dataset digits --limit 8 \\
      --baseline ganmex:my-baselines --against second --out my-pairs

Without --model torchvision's resnet50 is explained, whose weights are downloaded; my-classifier is
made by train-classifier --out my-classifier, my-baselines by train-baseline-gan.
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "explain", ExplainConfig, run, HELP)


def run(config: ExplainConfig, output: Output) -> None:
    """Explain and print the attribution files, or with ``--json`` a line an image."""
    with output.loading():
        from xaitool.workflows.explanations.explain import explain

    emit = output.record if output.as_json else None
    result = explain(config, output, emit)
    if isinstance(result, dict):
        output.plan(result, config)
    elif not output.as_json:
        for path in result.attributions:
            output.line(path)
