"""MIM beside torchattacks."""

from __future__ import annotations

import pytest
import torch

from tests.core.attacks.conftest import Victim
from tests.core.attacks.peers import EPSILON, PLAIN, STEP, STEPS, oracle, torchattacks_images
from xaitool.core.attacks.mim import MomentumIterative


@pytest.mark.oracle
@pytest.mark.parametrize("decay", [0.5, 1.0])
def test_mim(decay: float, victim: Victim, seeded: torch.Generator) -> None:
    attack = MomentumIterative(**PLAIN, decay=decay)
    ours = attack(victim.model, victim.images, victim.labels, generator=seeded)
    peer = oracle("torchattacks").MIFGSM(
        victim.model, eps=EPSILON, alpha=STEP, steps=STEPS, decay=decay
    )
    assert ours.equal(torchattacks_images(peer, victim))
