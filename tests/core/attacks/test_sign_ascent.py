"""Steps by the sign of a gradient: when a sample goes, and where its steps lead."""

from __future__ import annotations

import torch

from tests.core.attacks.conftest import Victim, broken
from xaitool import registry


def test_stopping_early_loses_no_success(victim: Victim) -> None:
    for name in ("bim", "pgd", "mim"):
        plain = broken(name, victim, 0.07, stop_early=False)
        assert broken(name, victim, 0.07) >= plain > 5


def test_early_samples_take_fewer_steps(victim: Victim) -> None:
    attack = registry.load("attack", "bim")(epsilon=0.3)
    result = attack.run(victim.model, victim.images, victim.labels, generator=torch.Generator())
    assert result.success.all()
    assert result.steps.sum() < 10 * len(victim.labels)
