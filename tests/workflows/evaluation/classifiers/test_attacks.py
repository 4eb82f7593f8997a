"""Attacks chosen by name, and tried on several classifiers."""

from dataclasses import replace

import pytest
import torch

from tests.trained import classifier_run
from tests.workflows.tiny_runs import Recorder
from xaitool.core.attacks.pgd import ProjectedGradientDescent
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError, UnknownNameError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.classifiers.attacks import (
    assigned_names,
    attack_classifiers,
    chosen_attacks,
)
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def config(*options, **more):
    return EvaluateConfig(artifacts=(classifier_run(),), attack_option=options, **more)


def chosen(*names, options=(), epsilons=(0.2, 0.1, 0.2)):
    return chosen_attacks(config(*options), names, epsilons)


def test_every_attack_has_every_budget_by_its_size():
    found = chosen("pgd", "cw-l2", "fgsm", "pgd")
    assert [(one.name, one.epsilon) for one in found] == [
        ("pgd", 0.1),
        ("pgd", 0.2),
        ("cw-l2", None),
        ("fgsm", 0.1),
        ("fgsm", 0.2),
    ]


def test_options_reach_those_that_have_them():
    options = ("steps=7", "pgd.restarts=3")
    pgd, fgsm, mim = chosen("pgd", "fgsm", "mim", options=options, epsilons=[1])
    assert (pgd.options["steps"], pgd.options["restarts"], mim.options["steps"]) == (7, 3, 7)
    assert "steps" not in fgsm.options
    built = pgd.built(5)
    assert isinstance(built, ProjectedGradientDescent)
    assert assigned_names(config("pgd.restarts=3", "steps=7")) == {"restarts", "steps"}


@pytest.mark.parametrize(
    ("option", "error", "message"),
    [
        ("epsilon=0.1", ConfigError, "--attack-option sets epsilon, but --epsilon is wanted"),
        ("pgd.epsilon=0.1", ConfigError, "--attack-option sets epsilon"),
        ("speed=3", ConfigError, "no attack of pgd, fgsm has an option 'speed'"),
        ("mim.steps=3", UnknownNameError, "unknown attack 'mim'"),
        ("pgd.steps=0", ConfigError, "attack 'pgd': steps is 0"),
    ],
)
def test_options_that_do_not_fit(option, error, message):
    with pytest.raises(error, match=message):
        chosen("pgd", "fgsm", options=(option,))


def trials(batch_size=None):
    first = load_classifier(str(classifier_run()), None, CPU)
    # The opposite of the first: what one knows the other never does.
    second = replace(first, model=torch.nn.Sequential(first.model, Opposite()).eval())
    options = config(limit=30, batch_size=batch_size)
    attacks = chosen_attacks(options, ("fgsm",), (0.1,))
    dataset = load_dataset("digits", "test")
    found = attack_classifiers((first, second), attacks, dataset, Context(options, CPU, Recorder()))
    return first, second, dataset, found


class Opposite(torch.nn.Module):
    def forward(self, logits):
        return -logits


def test_each_is_tried_on_all():
    first, second, dataset, found = trials()
    pairs = [(one.tried_on, one.made_on) for one in found]
    assert pairs == [(first, first), (first, second), (second, first), (second, second)]
    assert [one.transferred for one in found] == [False, True, True, False]
    images, labels = dataset.images(range(30)), dataset.labels[:30]
    right = first.logits(images, 30).argmax(1) == labels
    assert found[0].samples.right.equal(right)
    assert found[1].samples.right.equal(right)
    assert not found[2].samples.right[right].any()
    # A step of .1 against the gradient's sign, taken by hand.
    moved = images.clone().requires_grad_()
    torch.nn.functional.cross_entropy(first.model(moved), labels).backward()
    moved = (images + 0.1 * moved.grad.sign()).clamp(0, 1)
    wrong = first.logits(moved, 30).argmax(1) != labels
    assert (found[0].samples.wrong == wrong)[right].all()
    assert int(wrong[right].sum()) > 0
    # The attacked images of the first one are what the second one is tried on.
    tried = second.logits(moved, 30).argmax(1) != labels
    assert (found[2].samples.wrong == tried)[right].all()
    assert not found[1].samples.zero_gradient.any()


def test_batches_change_nothing():
    for one, other in zip(trials()[-1], trials(batch_size=7)[-1], strict=True):
        assert one.samples.right.equal(other.samples.right)
        assert one.samples.wrong.equal(other.samples.wrong)
        torch.testing.assert_close(one.samples.l2, other.samples.l2)
