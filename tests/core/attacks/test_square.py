"""The Square attack: what it paints, and how its squares shrink."""

from __future__ import annotations

import torch

from tests.core.attacks.conftest import Victim, broken
from xaitool import registry


def test_square_paints_squares(victim: Victim) -> None:
    result = registry.load("attack", "square")(epsilon=0.05, queries=30).run(
        victim.model, victim.images, victim.labels, generator=torch.Generator().manual_seed(0)
    )
    some = ~result.success
    assert some.any()
    moved = (result.images - victim.images)[some]
    inner = (victim.images[some] > 0.05) & (victim.images[some] < 0.95)
    torch.testing.assert_close(moved[inner].abs(), torch.full_like(moved[inner], 0.05))
    assert (result.steps[some] == 31).all()


def test_more_queries_of_square_break_more(victim: Victim) -> None:
    few, many = (broken("square", victim, 0.1, queries=count) for count in (10, 200))
    assert many > few
