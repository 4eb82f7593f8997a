"""Groups of label and sensitive attribute."""

import pytest
import torch
from torch import nn

from tests.workflows.coloured import coloured
from tests.workflows.tiny_runs import Recorder
from xaitool.data.load import load_dataset
from xaitool.errors import DataError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.classifiers import groups as module
from xaitool.workflows.evaluation.classifiers.groups import MeasuredGroups
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.input import ModelInput

CLASSIFIER = Classifier(nn.Flatten(), "mine", None, "", ModelInput.unknown(3, 4), ("low", "high"))


@pytest.fixture
def train(monkeypatch):
    """Training images: red ones are low and green ones high, but for one of each."""
    found = [coloured([0] * 4 + [1] + [1] * 4 + [0], labels=[0] * 5 + [1] * 5)]
    monkeypatch.setattr(module, "dataset_for", lambda *arguments: found[0])
    return found


def groups(dataset, reporter=None, **options):
    config = EvaluateConfig(artifacts=(), dataset="coloured", **options)
    return MeasuredGroups.of(CLASSIFIER, dataset, config, reporter or Recorder())


def test_a_group_is_a_label_and_a_value(train):
    found = groups(coloured([0, 1, 1, 0], labels=[0, 0, 1, 1]))
    assert found.index.tolist() == [0, 1, 3, 2]
    assert (found.shape, found.count) == ((2, 2), 4)
    assert found.names == ({"colour": "red"}, {"colour": "green"})
    assert [found.at(place)[:2] for place in range(4)] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert list(found.each())[3] == (1, 1, {"colour": "green"})
    # Of label, value and prediction.
    counts = found.counted(torch.tensor([0, 1, 1, 0]))
    assert counts.tolist() == [[[1, 0], [0, 1]], [[1, 0], [0, 1]]]


def test_the_rare_groups_of_the_training_conflict(train):
    found = groups(coloured([0, 1, 1, 0], labels=[0, 0, 1, 1]))
    assert [found.conflicts(label, value) for label, value, _ in found.each()] == [
        False,
        True,
        True,
        False,
    ]


def test_training_images_of_other_groups_are_told(train):
    train[0] = coloured([0, 1], names=("blue", "pink"))
    reporter = Recorder()
    found = groups(coloured([0, 1], labels=[0, 1]), reporter)
    assert found.conflicts(0, 0) is None
    assert reporter.warnings[0] == "bias-conflict is left out: the train split has other groups"


def test_a_group_without_images_is_told(train):
    reporter = Recorder()
    groups(coloured([0, 1], labels=[0, 1]), reporter)
    left_out = "left out of means and gaps"
    assert reporter.warnings == [
        f"no image of low with colour green: {left_out}",
        f"no image of high with colour red: {left_out}",
    ]


def test_every_value_has_images(train):
    dataset = coloured([0, 0, 1], labels=[0, 1, 1])
    with pytest.raises(DataError, match="0 of 2 images with colour green, but --met") as caught:
        groups(dataset, limit=2)
    assert caught.value.hint == "a larger --limit"
    with pytest.raises(DataError, match="0 of 2 images with colour green") as caught:
        groups(coloured([0, 0]))
    assert caught.value.hint is None


def test_images_without_an_attribute(train):
    with pytest.raises(DataError, match="--metric fairness"):
        groups(load_dataset("digits", "test"))
