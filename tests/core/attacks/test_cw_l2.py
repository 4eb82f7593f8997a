"""C&W L2 beside closed forms on a linear classifier, and beside foolbox."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.core.attacks.conftest import Victim
from tests.core.attacks.linear_pair import IMAGES, Pair, run
from tests.core.attacks.peers import foolbox_images, oracle
from xaitool.core.attacks.cw_l2 import CarliniWagnerL2
from xaitool.core.attacks.engine.objectives import margin


@pytest.mark.parametrize("lead", [0.3, 1.0, 2.5])
def test_cw_finds_the_nearest_image(lead: float) -> None:
    model = Pair(lead)
    result = run("cw-l2", model, steps=300, initial_constant=0.1, search_steps=8)
    nearest = IMAGES - (lead / model.weights.square().sum() * model.weights).view_as(IMAGES)
    assert nearest.min() >= 0
    assert result.success.all()
    assert float(result.l2) == pytest.approx(lead / float(model.weights.norm()), rel=0.01)
    torch.testing.assert_close(result.images, nearest, rtol=0, atol=0.03)


def test_cw_confidence_is_a_lead_of_so_many_logits() -> None:
    model = Pair(1.0)
    result = run("cw-l2", model, steps=150, initial_constant=0.1, confidence=0.5)
    logits = model(result.images)[0]
    assert 0.5 < float(logits[0] - logits[1]) < 0.55


def test_cw_keeps_its_confidence_for_images_that_are_misclassified_already() -> None:
    options = {"steps": 150, "initial_constant": 0.1, "confidence": 0.5}
    barely = run("cw-l2", Pair(-0.2), **options)
    logits = Pair(-0.2)(barely.images)[0]
    assert barely.success.all()
    assert 0.5 < float(logits[0] - logits[1]) < 0.55
    nearest = 0.3 / float(Pair(-0.2).weights.norm())
    assert nearest * 0.999 < float(barely.l2) < nearest * 1.2
    clearly = run("cw-l2", Pair(-0.6), **options)
    assert clearly.success.all()
    assert clearly.images.equal(IMAGES)


def test_cw_fails_where_misclassified_is_not_enough() -> None:
    result = run("cw-l2", Pair(-0.2), steps=20, search_steps=2, confidence=40.0)
    assert not result.success.any()
    assert result.images.equal(IMAGES)


def test_cw_says_so_where_there_is_no_such_image() -> None:
    result = run("cw-l2", Pair(lead=40.0), steps=20, search_steps=3)
    assert not result.success.any()
    assert result.images.equal(IMAGES)


def test_cw_moves_pixels_of_exactly_0_and_1() -> None:
    class Bright(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            bright = images.flatten(1).sum(1)
            return torch.stack((bright, 4 - bright), 1)

    black_and_white = torch.tensor([1.0, 1, 1, 0, 0]).view(1, 1, 1, 5)
    attack = CarliniWagnerL2(steps=1000, initial_constant=1.0, search_steps=3)
    result = attack.run(Bright(), black_and_white, torch.tensor([0]), generator=torch.Generator())
    assert result.success.all()
    # The white pixels fall by a third each; the black ones are at their end already.
    expected = torch.tensor([2 / 3, 2 / 3, 2 / 3, 0, 0]).view(1, 1, 1, 5)
    torch.testing.assert_close(result.images, expected, rtol=0, atol=0.02)


def test_cw_of_more_than_nine_searches_ends_with_the_best_constant() -> None:
    model = Pair(1.0)
    few, many = (run("cw-l2", model, steps=40, search_steps=count) for count in (9, 12))
    assert float(many.l2) <= float(few.l2)


@pytest.mark.oracle
def test_cw_is_as_near_and_never_fails_more(victim: Victim, seeded: torch.Generator) -> None:
    options: dict[str, Any] = {"steps": 100, "initial_constant": 1.0}
    attack = CarliniWagnerL2(**options, search_steps=5)
    some = Victim(victim.model, victim.images[:12], victim.labels[:12])
    ours = attack.run(some.model, some.images, some.labels, generator=seeded)
    peer = oracle("foolbox").attacks.L2CarliniWagnerAttack(
        steps=100, initial_const=1.0, binary_search_steps=5
    )
    theirs, success = foolbox_images(peer, some, None)
    assert (ours.success | ~success).all()
    distance = (theirs - some.images).flatten(1).norm(dim=1)
    assert ours.l2[success].mean() <= 1.02 * distance[success].mean()
    assert ours.l2[success].median() <= 1.02 * distance[success].median()


@pytest.mark.oracle
def test_cw_keeps_its_confidence_as_foolbox_does(victim: Victim, seeded: torch.Generator) -> None:
    confidence = 2.3
    options: dict[str, Any] = {"steps": 60, "confidence": confidence}
    images = victim.images[:12]
    with torch.no_grad():
        clean = victim.model(images)
    # The second class: misclassified already, some by less and some by more.
    some = Victim(victim.model, images, clean.topk(2).indices[:, 1])
    lead = margin(clean, some.labels)
    assert 0 < lead.min() < confidence < lead.max()
    attack = CarliniWagnerL2(**options, initial_constant=1.0, search_steps=3)
    ours = attack.run(some.model, some.images, some.labels, generator=seeded)
    peer = oracle("foolbox").attacks.L2CarliniWagnerAttack(
        **options, initial_const=1.0, binary_search_steps=3
    )
    theirs, _ = foolbox_images(peer, some, None)
    with torch.no_grad():
        both = [margin(some.model(found), some.labels) for found in (ours.images, theirs)]
    assert all((found > confidence).all() for found in both)
    assert ours.success.all()
    assert ours.l2.gt(0).equal(lead <= confidence)
    distance = (theirs - some.images).flatten(1).norm(dim=1)
    assert ours.l2.mean() <= 1.02 * distance.mean()
