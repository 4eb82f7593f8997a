"""Sources of features for the digits, and images for them."""

from __future__ import annotations

from typing import Any

import torch

from tests.workflows.tiny_runs import Recorder
from xaitool.workflows.features.source import ImageFeatures, feature_source
from xaitool.workflows.runs.runtime import Runtime

RUNTIME = Runtime(torch.device("cpu"), torch.float32)


def source(name: str, reporter: Recorder | None = None, **options: Any) -> ImageFeatures:
    facts: dict[str, Any] = {"image_size": None, "data_dir": None, "workers": 1}
    facts |= {"runtime": RUNTIME, "reporter": reporter or Recorder(), **options}
    found = feature_source(name, "digits", **facts)
    assert found is not None
    return found


def images(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))
