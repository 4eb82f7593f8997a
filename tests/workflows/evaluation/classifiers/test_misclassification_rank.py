"""Into which classes attacks lead, as ``evaluate`` says it."""

import pytest

from tests.trained import classifier_run
from tests.workflows.evaluation.classifiers.attacked import (
    measure,
    network_and_images,
    seeded,
)
from xaitool.core.attacks.mim import MomentumIterative
from xaitool.errors import ConfigError


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_misclassification_ranks():
    epsilons = (0.1, 0.05, 0.2)
    rows = measure(classifier_run(), metric="misclassification-rank", epsilon=epsilons, seed=1)
    assert [row["attack"] for row in rows] == ["fgsm"] * 3 + ["mim"] * 3
    assert [(row["after"], row["epsilon"]) for row in rows[3:]] == [
        (0, 0.05),
        (0.05, 0.1),
        (0.1, 0.2),
    ]
    network, images, labels = network_and_images()
    clean = network(images).argsort(1, descending=True)
    waiting = clean[:, 0] == labels
    for row in rows[3:]:
        attack = MomentumIterative(epsilon=row["epsilon"], stop_early=False)
        reached = network(attack(network, images, labels, generator=seeded(1))).argmax(1)
        new = waiting & (reached != labels)
        second = int((reached[new] == clean[new, 1]).sum())
        assert row["n"] == int(new.sum()) == sum(row["ranks"].values())
        assert row["ranks"].get("2", 0) == second
        assert row["value"] == (second / row["n"] if row["n"] else None)
        waiting &= ~new


def test_no_new_success_has_no_value():
    options = {"metric": "misclassification-rank", "attack": ("fgsm", "cw-l2"), "epsilon": (1e-9,)}
    (row,) = measure(classifier_run(), **options)
    assert (row["n"], row["value"], row["low"], row["ranks"]) == (0, None, None, {})


def test_unasked_it_is_the_papers_figure():
    rows = measure(classifier_run(), metric="misclassification-rank", limit=6)
    budgets = [pytest.approx(step * 0.02) for step in range(1, 11)]
    assert [row["attack"] for row in rows] == ["fgsm"] * 10 + ["mim"] * 10
    assert [row["epsilon"] for row in rows] == budgets * 2
    assert [row["after"] for row in rows] == [0, *budgets[:-1]] * 2
    # An image counts for the smallest budget that fools, and once.
    assert sum(row["n"] for row in rows[:10]) <= 6


def test_an_attack_without_a_budget_has_no_rank():
    options = {"metric": "misclassification-rank", "epsilon": (0.1,)}
    with pytest.raises(ConfigError, match="--attack is cw-l2, which has no budget, but"):
        measure(classifier_run(), attack=("cw-l2",), **options)
    (row,) = measure(classifier_run(), attack=("cw-l2", "fgsm"), limit=6, **options)
    assert row["attack"] == "fgsm"
