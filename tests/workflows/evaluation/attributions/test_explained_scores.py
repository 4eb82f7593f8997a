"""Images and the classes that are explained of them."""

import pytest
import torch

from tests.trained import classifier_run
from tests.workflows.tiny_runs import Recorder
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.explained_scores import explained_scores
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
PLACES = torch.tensor([30, 4, 11, 7])


def scores(places=PLACES, **options):
    config = EvaluateConfig(artifacts=(classifier_run(),), **options)
    classifier = load_classifier(str(classifier_run()), None, CPU)
    dataset = load_dataset("digits", "test")
    return explained_scores(dataset, classifier, Context(config, CPU, Recorder()), places)


def logits():
    dataset = load_dataset("digits", "test")
    return load_classifier(str(classifier_run()), None, CPU).logits(dataset.images(PLACES), 9)


def test_unasked_the_second_class_is_drawn_from_seed_and_place():
    found = scores()
    assert found.indices == PLACES.tolist()
    assert torch.equal(found.images, load_dataset("digits", "test").images(PLACES))
    assert torch.equal(found.score.target, load_dataset("digits", "test").labels[PLACES])
    assert (found.score.target != found.score.against).all()
    # In another order, or alone, an image has the same class.
    turned = scores(PLACES.flip(0)).score.against
    assert turned is not None
    assert found.score.against is not None
    assert torch.equal(turned.flip(0), found.score.against)
    others = [scores(seed=seed).score.against.tolist() for seed in range(1, 4)]
    assert any(other != found.score.against.tolist() for other in others)


def test_the_classes_that_are_asked_for():
    found = scores(target="3", against="5")
    assert found.score.target.tolist() == [3] * 4
    assert found.question(0, tuple("0123456789")) == "3 against 5"
    second = scores(target="predicted", against="second").score
    assert torch.equal(torch.stack([second.target, second.against], 1), logits().topk(2).indices)
    alone = scores(target="3", against="none")
    assert alone.score.against is None
    assert alone.question(0, tuple("0123456789")) == "3"


def test_every_class_at_once_is_refused():
    with pytest.raises(ConfigError, match="--against is all, but one class is wanted here"):
        scores(against="all")
