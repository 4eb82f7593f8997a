"""PGD beside foolbox, its start and its restarts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.core.attacks.conftest import Victim
from tests.core.attacks.peers import EPSILON, PLAIN, STEP, STEPS, foolbox_images, oracle
from xaitool import registry
from xaitool.core.attacks.engine.draws import Draws
from xaitool.core.attacks.engine.objectives import margin
from xaitool.core.attacks.pgd import ProjectedGradientDescent


@pytest.mark.oracle
def test_pgd_from_the_same_start(victim: Victim, seeded: torch.Generator) -> None:
    attack = ProjectedGradientDescent(**PLAIN)
    ours = attack(victim.model, victim.images, victim.labels, generator=seeded)
    everyone = torch.arange(len(victim.images))
    draws = Draws(victim.images, seeded.initial_seed(), "ProjectedGradientDescent")
    start = attack._start(victim.images, everyone, draws)
    assert ((start - victim.images).abs() <= EPSILON).all()
    peer = oracle("foolbox").attacks.LinfPGD(abs_stepsize=STEP, steps=STEPS, random_start=True)
    peer.get_random_start = lambda images, epsilon: oracle("eagerpy").astensor(start)
    assert ours.equal(foolbox_images(peer, victim, EPSILON)[0])


def test_restarts_add_successes_or_raise_the_loss(victim: Victim) -> None:
    def loss(restarts: int) -> Tensor:
        attack = registry.load("attack", "pgd")(
            epsilon=0.05, steps=6, restarts=restarts, loss="margin", stop_early=False
        )
        generator = torch.Generator().manual_seed(0)
        images = attack(victim.model, victim.images, victim.labels, generator=generator)
        with torch.no_grad():
            return margin(victim.model(images), victim.labels)

    one, three = loss(1), loss(3)
    assert (three >= one - 1e-12).all()
    assert (three > one).any()
