"""How complete integrated gradients and AGI are on real networks and photos; no targets.

``BENCHMARK_PHOTOS=10`` takes that many photos instead of all, evenly spread.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from tests.benchmarks.material import RUNTIME, WEIGHTS, as_loaded, network, photo, photo_files
from xaitool.core.attribution.agi import AdversarialGradientIntegration
from xaitool.core.attribution.base import Attribution
from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.score import Score

POINTS = (100, 200)


def report(as_json: bool) -> None:
    """A line for each photo, then the median and the worst; a table or JSON lines."""
    files = photo_files()
    count = min(len(files), int(os.environ.get("BENCHMARK_PHOTOS", len(files))))
    chosen = [files[index * len(files) // count] for index in range(count)]
    for name in WEIGHTS:
        model = as_loaded(network(name))
        lines = []
        for path in chosen:
            lines += list(_of_photo(name, model, path))
            for line in lines[-len(POINTS) - 1 :]:
                print(json.dumps(line) if as_json else _as_text(line), flush=True)
        for case in dict.fromkeys(line["case"] for line in lines):
            summary = _summary(name, [line for line in lines if line["case"] == case])
            print(json.dumps(summary) if as_json else _as_text(summary), flush=True)


def _of_photo(name: str, model: nn.Module, path: Path) -> Iterator[dict[str, object]]:
    image = photo(path)[None].to(RUNTIME.device)
    with torch.no_grad():
        target = model(image).argmax(1)
    rows = RUNTIME.rows(image[0].numel(), None)
    black = torch.zeros_like(image).unsqueeze(1)
    for points in POINTS:
        method = IntegratedGradients(model, steps=points)
        result = method.attribute(image, Score(target), black, rows=rows)
        yield _line(name, f"integrated gradients, {points} points", path.name, result)
    agi = AdversarialGradientIntegration(model)
    result = agi.attribute(image, Score(target, output="probability"), rows=rows)
    reached = result.extras["reached"]
    facts = {"classes": reached.shape[1], "reached": int(reached.sum())}
    yield _line(name, "AGI", path.name, result) | facts


def _line(name: str, case: str, photo_name: str, result: Attribution) -> dict[str, object]:
    gap = float(result.completeness_gap.abs())
    return {
        "benchmark": "completeness",
        "model": name,
        "case": case,
        "photo": photo_name,
        "gap": gap,
        "relative_gap": gap / float(_difference(result).abs()),
    }


def _difference(result: Attribution) -> Tensor:
    return result.score_input - result.score_baseline


def _summary(name: str, lines: list[dict[str, object]]) -> dict[str, object]:
    summary: dict[str, object] = {
        "benchmark": "completeness",
        "model": name,
        "case": lines[0]["case"],
        "photos": len(lines),
    }
    for key in ("gap", "relative_gap"):
        values = [float(str(line[key])) for line in lines]
        summary |= {f"median_{key}": statistics.median(values), f"worst_{key}": max(values)}
    if "reached" in lines[0]:
        reached = [int(str(line["reached"])) for line in lines]
        summary |= {"median_reached": statistics.median(reached), "least_reached": min(reached)}
    return summary


def _as_text(line: dict[str, object]) -> str:
    facts = {key: value for key, value in line.items() if key not in ("benchmark", "model", "case")}
    values = (
        f"{key}={value:.2e}" if isinstance(value, float) else f"{key}={value}"
        for key, value in facts.items()
    )
    return f"{line['model']:13} {line['case']:32} {'  '.join(values)}"
