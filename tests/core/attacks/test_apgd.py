"""APGD beside its algorithm, written line by line."""

from __future__ import annotations

import pytest
import torch

from tests.core.attacks.conftest import Victim
from tests.core.attacks.peers import oracle
from tests.core.attacks.plain_apgd import (
    Objective,
    checkpoints,
    plain_apgd,
    plain_cross_entropy,
    plain_logit_ratio,
)
from xaitool import registry
from xaitool.core.attacks.apgd import AutoPgd, AutoPgdCrossEntropy, AutoPgdLogitRatio, _checkpoints
from xaitool.core.attacks.engine.draws import Draws

# Some fall at once, some late, some not at all.
EPSILON, SAMPLES, STEPS = 0.09, 5, 100


@pytest.mark.parametrize(
    ("name", "objective"), [("apgd-ce", plain_cross_entropy), ("apgd-dlr", plain_logit_ratio)]
)
def test_is_its_algorithm(name: str, objective: Objective, victim: Victim) -> None:
    attack: AutoPgd = registry.load("attack", name)(epsilon=EPSILON, steps=STEPS)
    model, images, labels = victim.first(SAMPLES)
    generator = torch.Generator().manual_seed(0)
    ours = attack.run(model, images, labels, generator=generator)
    draws = Draws(images, generator.initial_seed(), type(attack).__name__)
    noise = 2 * draws.uniform(torch.arange(SAMPLES), tuple(images.shape[1:])) - 1
    for sample, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
        start = (image + EPSILON * noise[sample] / noise[sample].abs().max()).clamp(0, 1)
        found, wrong = plain_apgd(model, objective, image, label, start, EPSILON, STEPS)
        assert bool(ours.success[sample]) == wrong
        torch.testing.assert_close(ours.images[sample], found)
    assert 0 < ours.success.sum() < SAMPLES


def test_checkpoints_of_a_hundred_steps_are_the_papers() -> None:
    assert _checkpoints(100) == checkpoints(100) == {22, 41, 57, 70, 80, 87, 93, 99}


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("kind", "loss"), [(AutoPgdCrossEntropy, "ce"), (AutoPgdLogitRatio, "dlr")]
)
def test_apgd_breaks_what_torchattacks_breaks(
    kind: type[AutoPgd], loss: str, victim: Victim, seeded: torch.Generator
) -> None:
    attack = kind(epsilon=EPSILON, steps=50)
    ours = attack.run(victim.model, victim.images, victim.labels, generator=seeded)
    model = victim.model.float()
    peer = oracle("torchattacks").APGD(model, eps=EPSILON, steps=50, loss=loss)
    theirs = peer(victim.images.float(), victim.labels)
    broken = model(theirs).argmax(1) != victim.labels
    model.double()
    assert abs(int(ours.success.sum()) - int(broken.sum())) <= 1
