"""BIM beside foolbox and torchattacks."""

from __future__ import annotations

import pytest
import torch

from tests.core.attacks.conftest import Victim
from tests.core.attacks.peers import (
    EPSILON,
    PLAIN,
    STEP,
    STEPS,
    foolbox_images,
    oracle,
    torchattacks_images,
)
from xaitool.core.attacks.bim import BasicIterative


@pytest.mark.oracle
def test_bim(victim: Victim, seeded: torch.Generator) -> None:
    attack = BasicIterative(**PLAIN)
    ours = attack.run(victim.model, victim.images, victim.labels, generator=seeded)
    peer = oracle("foolbox").attacks.LinfBasicIterativeAttack(
        abs_stepsize=STEP, steps=STEPS, random_start=False
    )
    theirs, success = foolbox_images(peer, victim, EPSILON)
    assert ours.images.equal(theirs)
    assert ours.success.equal(success)
    other = oracle("torchattacks").PGD(
        victim.model, eps=EPSILON, alpha=STEP, steps=STEPS, random_start=False
    )
    assert ours.images.equal(torchattacks_images(other, victim))
    third = oracle("torchattacks").BIM(victim.model, eps=EPSILON, alpha=STEP, steps=STEPS)
    # Which projects by another formula.
    torch.testing.assert_close(ours.images, torchattacks_images(third, victim), rtol=0, atol=1e-14)
