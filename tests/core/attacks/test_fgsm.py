"""FGSM beside foolbox, torchattacks and one line of arithmetic."""

from __future__ import annotations

import pytest
import torch

from tests.core.attacks.conftest import Victim
from tests.core.attacks.peers import EPSILON, foolbox_images, oracle, torchattacks_images
from xaitool.core.attacks.fgsm import FastGradientSign


@pytest.mark.oracle
def test_fgsm(victim: Victim, seeded: torch.Generator) -> None:
    attack = FastGradientSign(epsilon=EPSILON)
    ours = attack(victim.model, victim.images, victim.labels, generator=seeded)
    peer = oracle("foolbox").attacks.LinfFastGradientAttack()
    assert ours.equal(foolbox_images(peer, victim, EPSILON)[0])
    other = oracle("torchattacks").FGSM(victim.model, eps=EPSILON)
    # Which adds the step without a projection.
    torch.testing.assert_close(ours, torchattacks_images(other, victim), rtol=0, atol=3e-16)
