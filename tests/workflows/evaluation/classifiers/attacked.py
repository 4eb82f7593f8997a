"""Attacks on the classifier of `classifier_run`, as ``evaluate`` measures them."""

from pathlib import Path

import torch

from tests.golden import missing
from tests.trained import classifier_run
from tests.workflows.tiny_runs import Recorder
from xaitool.data.load import load_dataset
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
LIMIT = 40


def measure(*artifacts, metric="robustness", reporter=None, **options):
    config = EvaluateConfig(
        artifacts=tuple(map(Path, artifacts)),
        metric=(metric,),
        **{"device": "cpu", "limit": LIMIT, **options},
    )
    rows = evaluate(config, reporter or Recorder())
    for row in rows:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", metric)
    return rows


def network_and_images():
    dataset = load_dataset("digits", "test")
    network = load_classifier(str(classifier_run()), None, CPU).model
    return network, dataset.images(range(LIMIT)), dataset.labels[:LIMIT]


def seeded(seed):
    return torch.Generator().manual_seed(seed)
