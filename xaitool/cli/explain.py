"""``xaitool explain``."""

from __future__ import annotations

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.workflows.configs.explain import ExplainConfig

HELP = """Attribute a classifier's score to the pixels of images.

Writes an HDF5 file and heat maps for each method and baseline; prints the HDF5 files' names.

Examples:

\b
  xaitool explain --method agi image.png
  xaitool explain --method deep-shap --model digits --dataset digits --limit 10 --out digits.h5
  xaitool explain --method saliency --method agi --model digits --dataset digits --out maps
  xaitool explain --method cgi --baseline cvae:cvae --model cia --dataset biased-mnist
  xaitool explain --list
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add_command(
        app,
        "explain",
        ExplainConfig,
        run,
        HELP,
        show=("--list", "Show methods, baselines and their options, and exit.", show_list),
    )


def run(config: ExplainConfig, output: Output) -> None:
    """Explain and print the attribution files, or with ``--json`` a line an image."""
    from xaitool.workflows.explanations.explain import explain

    emit = output.record if output.as_json else None
    result = explain(config, output, emit)
    if isinstance(result, dict):
        output.record(result)
    elif not output.as_json:
        for path in result.attributions:
            output.line(path)


def show_list(output: Output) -> None:
    """Print every method and baseline with its options."""
    from xaitool.workflows.catalogue import explanation_lines, explanation_records

    for record in explanation_records():
        if output.as_json:
            output.record(record)
        else:
            for line in explanation_lines(record):
                output.line(line)
