"""What every ``train-*`` command prints: the plan of a dry run, or the run directory."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from xaitool.cli.output import Output

if TYPE_CHECKING:
    from xaitool.options import Options
    from xaitool.workflows.runs.training import TrainingResult


def print_training_result(
    result: TrainingResult | dict[str, Any], config: Options, output: Output
) -> None:
    """Print one line: the run directory, or with ``--json`` the whole result."""
    if isinstance(result, dict):
        output.plan(result, config)
    elif output.as_json:
        output.record({**dataclasses.asdict(result), "schema": 1})
    else:
        output.line(result.run_dir)
