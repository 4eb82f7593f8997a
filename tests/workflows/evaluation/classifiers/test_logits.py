"""One pass over a classifier for several metrics."""

import pytest
import torch

from tests.trained import classifier_run
from tests.workflows.tiny_runs import Recorder
from xaitool.data.load import load_dataset
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.classifiers.logits import measure_logits
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def rows_of(*metrics, reporter=None, **options):
    config = EvaluateConfig(artifacts=(classifier_run(),), **{"limit": 50, **options})
    return list(
        measure_logits(classifier_run(), metrics, Context(config, CPU, reporter or Recorder()))
    )


def test_metrics_share_one_pass(monkeypatch):
    seen, logits = [], Classifier.logits

    def counted(classifier, images, rows):
        seen.append(len(images))
        return logits(classifier, images, rows)

    monkeypatch.setattr(Classifier, "logits", counted)
    reporter = Recorder()
    rows = rows_of("accuracy", "confusion", "probability-gaps", batch_size=20, reporter=reporter)
    assert [number for number in seen if number > 1] == [20, 20, 10]
    assert reporter.tasks == [("evaluate", 50, 0)]
    kinds = [row["metric"] for row in rows]
    assert kinds == ["accuracy", *["confusion"] * 10, "probability-gaps"]


def test_they_are_of_the_test_images_in_their_order():
    dataset = load_dataset("digits", "test")
    model = load_classifier(str(classifier_run()), None, CPU)
    right = model.logits(dataset.images(range(50)), 50).argmax(1) == dataset.labels[:50]
    (row,) = rows_of("accuracy")
    assert (row["value"], row["n"]) == (pytest.approx(right.double().mean().item()), 50)
    assert row["source"] == str(classifier_run())


def test_rows_are_those_of_each_metric_alone():
    together = rows_of("confusion", "accuracy")
    assert together == rows_of("confusion") + rows_of("accuracy")
