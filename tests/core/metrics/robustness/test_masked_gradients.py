"""Signs of masked gradients: each where it must be, and none by chance."""

import pytest
import torch
from scipy.stats import binomtest

from xaitool.core.metrics.robustness.masked_gradients import Attempt, _fools_more, masking_signs
from xaitool.core.metrics.robustness.robustness import AttackedSamples

COUNT = 100


def attempt(attack, kind, epsilon, fooled, zero=0):
    """An attack that fools the first samples, and sees zero gradients at the last ones."""
    place = torch.arange(COUNT)
    samples = AttackedSamples(place >= 0, place < fooled, torch.ones(COUNT), place >= COUNT - zero)
    return Attempt(attack, kind, epsilon, samples)


def found(*attempts):
    return [
        (sign.name, sign.attempt.attack, sign.attempt.epsilon, sign.beside)
        for sign in masking_signs(attempts)
    ]


def test_an_honest_classifier_has_none():
    attempts = [
        attempt(attack, kind, epsilon, fooled + int(300 * epsilon))
        for epsilon in (0.1, 0.2)
        for attack, kind, fooled in (
            ("fgsm", "one-step", 10),
            ("pgd", "iterated", 30),
            ("square", "black-box", 20),
        )
    ]
    assert not found(*attempts)


def test_one_step_stronger_than_several():
    one, several = attempt("fgsm", "one-step", 0.1, 60), attempt("pgd", "iterated", 0.1, 40)
    assert found(one, several) == [("one-step-stronger", "fgsm", 0.1, "pgd")]
    assert not found(one, attempt("pgd", "iterated", 0.1, 57))
    assert not found(one, attempt("pgd", "iterated", 0.2, 40))


def test_black_box_stronger_than_all_with_gradients():
    black = attempt("square", "black-box", 0.1, 60)
    weak, strong = attempt("mim", "iterated", 0.1, 30), attempt("pgd", "iterated", 0.1, 40)
    assert found(black, weak, strong) == [("black-box-stronger", "square", 0.1, "mim and pgd")]
    assert not found(black, weak, attempt("pgd", "iterated", 0.1, 58))
    assert not found(black, attempt("fgsm", "one-step", 0.1, 10))


def test_zero_gradients_where_the_attack_fails():
    assert found(attempt("pgd", "iterated", 0.1, 50, zero=3)) == [
        ("zero-gradient", "pgd", 0.1, "0.03")
    ]
    assert not found(attempt("pgd", "iterated", 0.1, 100, zero=3))


def test_more_budget_does_not_help():
    small = attempt("pgd", "iterated", 0.1, 40)
    stuck = ("budget-does-not-help", "pgd", 0.2, "epsilon 0.1")
    assert found(attempt("pgd", "iterated", 0.2, 40), small) == [stuck]
    assert found(attempt("pgd", "iterated", 0.2, 20), small) == [stuck]
    assert not found(attempt("pgd", "iterated", 0.2, 41), small)
    assert not found(attempt("pgd", "iterated", 0.15, 40), small)
    assert not found(attempt("square", "black-box", 0.1, 40), attempt("s", "black-box", 0.2, 40))
    full = [attempt("pgd", "iterated", epsilon, 90) for epsilon in (0.1, 0.2)]
    assert not found(*full)


def test_a_minimum_norm_attack_is_compared_with_nobody():
    nearest = attempt("cw-l2", "iterated", None, 10)
    assert not found(nearest, attempt("fgsm", "one-step", 0.1, 60))


@pytest.mark.parametrize("seed", range(8))
def test_the_sign_test(seed):
    draw = torch.Generator().manual_seed(seed)
    first = torch.rand(60, generator=draw) < 0.5 + 0.05 * seed
    second = torch.rand(60, generator=draw) < 0.4
    differing = int((first ^ second).sum())
    expected = binomtest(int((first & ~second).sum()), differing, alternative="greater")
    assert _fools_more(first, second) == (expected.pvalue < 0.01)
