"""SPSA beside its formula, written out."""

from __future__ import annotations

import torch

from tests.core.attacks.conftest import Victim
from tests.core.attacks.linear_pair import IMAGES, LABELS, Pair, run
from xaitool.core.attacks.engine.draws import Draws
from xaitool.core.attacks.spsa import Probed, Spsa


def test_the_slope_of_a_linear_margin_is_its_weights_seen_through_the_signs() -> None:
    """``((w s) s)``, averaged over the directions s: no probe is too wide for a linear function."""
    model, attack = Pair(lead=1.0), Spsa(pairs=6, probe=0.3, rows=5)
    still = torch.zeros_like(IMAGES)
    row = torch.tensor([0])
    probed = Probed(row, IMAGES, LABELS, IMAGES, still, still, row)
    slope = attack._slope(model, probed, Draws(IMAGES, 1, "Spsa"))
    weights = -model.weights  # the margin is that of the false class
    expected = torch.zeros(20, dtype=torch.float64)
    for signs in Draws(IMAGES, 1, "Spsa").signs(row, (6, 1, 4, 5))[0].flatten(1):
        expected += float(sum(a * b for a, b in zip(weights, signs, strict=True))) * signs / 6
    torch.testing.assert_close(slope.flatten(), expected)


def test_the_first_step_of_adam_moves_each_pixel_by_its_step_size() -> None:
    result = run("spsa", Pair(lead=100.0), epsilon=0.5, steps=1, step_size=0.03)
    moved = (result.images - IMAGES).abs()
    torch.testing.assert_close(moved, torch.full_like(moved, 0.03), rtol=1e-5, atol=0)
    assert result.steps.tolist() == [1]


def test_a_misclassified_sample_takes_no_step(victim: Victim) -> None:
    model, images, _ = victim.first(3)
    with torch.no_grad():
        wrong = model(images).argmin(1)
    result = Spsa(steps=5).run(model, images, wrong, generator=torch.Generator())
    assert result.success.all()
    assert result.steps.tolist() == [0, 0, 0]
    assert result.images.equal(images)
