"""What ``evaluate`` says of an autoencoder, and the first images that it says it of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from tests.golden import missing
from tests.workflows.colour_models import DATA
from xaitool.data.load import load_dataset
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate

COUNT = 50

Rows = list[dict[str, Any]]


def measure(cvae: Path, *metric: str, **options: Any) -> Rows:
    values: dict[str, Any] = {"limit": COUNT, "device": "cpu", **options}
    rows = evaluate(EvaluateConfig(artifacts=(cvae,), metric=metric, **values))
    assert isinstance(rows, list)
    assert not any(missing(row, "evaluate", "row") for row in rows)
    return rows


def of(rows: Rows, **facts: Any) -> Rows:
    return [row for row in rows if all(row[key] == fact for key, fact in facts.items())]


def parts() -> tuple[Tensor, Tensor, Tensor]:
    """Images, labels and colours."""
    dataset = load_dataset(DATA, "test")
    images, labels = dataset.images(range(COUNT)), dataset.labels[:COUNT]
    return images, labels, dataset.attributes["colour"].values[:COUNT]
