"""Attacks of other libraries, to compare with."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from torch import Tensor

from tests.core.attacks.conftest import Victim

EPSILON, STEP, STEPS = 0.1, 0.01, 15


PLAIN: dict[str, Any] = {"epsilon": EPSILON, "step_size": STEP, "steps": STEPS, "stop_early": False}


def oracle(name: str) -> Any:
    """A library whose own imports may warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name)


def foolbox_images(attack: Any, victim: Victim, epsilon: float | None) -> tuple[Tensor, Tensor]:
    model = oracle("foolbox").PyTorchModel(victim.model, bounds=(0, 1), device="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, images, success = attack(model, victim.images, victim.labels, epsilons=epsilon)
    victim.model.zero_grad()
    return images, success


def torchattacks_images(attack: Any, victim: Victim) -> Tensor:
    images: Tensor = attack(victim.images, victim.labels)
    return images
