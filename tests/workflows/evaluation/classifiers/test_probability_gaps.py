"""Gaps between the true class and the most probable false one."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.trained import classifier_run
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.classifiers.probability_gaps import MeasuredProbabilityGaps
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.input import ModelInput

CLASSIFIER = Classifier(nn.Flatten(), "mine", None, "", ModelInput.unknown(), ("a", "b", "c"))
# Of softmax probabilities .7, .2, .1 and .1, .3, .6.
LOGITS = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]).double().log()


def row_of(logits, labels, loss=None):
    classifier = CLASSIFIER if loss is None else replace(CLASSIFIER, training={"loss": loss})
    measured = MeasuredProbabilityGaps(classifier, ("a", "b", "c"))
    measured.update(logits, torch.tensor(labels))
    (row,) = measured.rows("some.pt")
    return row


def test_a_lead_is_positive_and_a_miss_negative():
    row = row_of(LOGITS, [0, 1])
    assert row["per_class"] == {"a": pytest.approx(0.5), "b": pytest.approx(-0.3), "c": None}
    assert (row["value"], row["n"]) == (pytest.approx(0.1), 2)
    assert row["std"] == pytest.approx(0.8 / math.sqrt(2))
    assert row["probability"] == "softmax"


def test_one_vs_all_losses_make_sigmoids():
    row = row_of(torch.tensor([[2.0, -1.0, 0.0]]), [0], loss="logistic")
    assert row["value"] == pytest.approx(1 / (1 + math.exp(-2)) - 1 / 2)
    assert (row["probability"], row["std"]) == ("sigmoid", None)


def measure(artifact, **options):
    rows = evaluate(EvaluateConfig(artifacts=(artifact,), device="cpu", **options))
    assert isinstance(rows, list)
    return rows


def test_one_image_has_no_spread() -> None:
    assert measure(classifier_run(), metric=("probability-gaps",), limit=1)[0]["std"] is None
