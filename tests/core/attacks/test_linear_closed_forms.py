"""On a linear classifier the best attack is known: every attack reaches it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.core.attacks.linear_pair import IMAGES, Pair, run

GRADIENT_STEPS: dict[str, dict[str, Any]] = {
    "fgsm": {},
    "bim": {"steps": 30},
    "pgd": {"steps": 30},
    "mim": {"steps": 30},
    "apgd-ce": {"steps": 30},
    "square": {"queries": 400},
    "spsa": {"steps": 60, "step_size": 0.02},
}


@pytest.mark.parametrize("name", GRADIENT_STEPS)
def test_the_budget_that_is_just_enough_is(name: str) -> None:
    model = Pair(lead=1.0)
    needed = float(1 / model.weights.abs().sum())
    options = GRADIENT_STEPS[name]
    assert run(name, model, epsilon=needed * 1.001, **options).success.all()
    result = run(name, model, epsilon=needed * 0.999, **options)
    assert not result.success.any()
    best = 1 - needed * 0.999 * model.weights.abs().sum()
    found = model(result.images)[0, 1] - model(result.images)[0, 0]
    torch.testing.assert_close(found, best, rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    ("name", "options"),
    [("fgsm", {}), ("bim", {}), ("mim", {}), ("pgd", {"restarts": 3})],
)
def test_sign_steps_end_at_the_optimum(name: str, options: dict[str, Any]) -> None:
    model = Pair(lead=100.0)
    result = run(name, model, epsilon=0.2, loss="margin", **options)
    best = IMAGES - 0.2 * model.weights.sign().view_as(IMAGES)
    torch.testing.assert_close(result.images, best)
