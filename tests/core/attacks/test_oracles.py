"""FGSM, BIM, PGD, MIM and C&W beside foolbox and torchattacks, where these are right."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.core.attacks.conftest import Victim
from xaitool.core.attacks.apgd import AutoPgd, AutoPgdCrossEntropy, AutoPgdLogitRatio
from xaitool.core.attacks.bim import BasicIterative
from xaitool.core.attacks.cw_l2 import CarliniWagnerL2
from xaitool.core.attacks.engine.draws import Draws
from xaitool.core.attacks.engine.objectives import margin
from xaitool.core.attacks.fgsm import FastGradientSign
from xaitool.core.attacks.mim import MomentumIterative
from xaitool.core.attacks.pgd import ProjectedGradientDescent

pytestmark = pytest.mark.oracle
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


def test_fgsm(victim: Victim, seeded: torch.Generator) -> None:
    attack = FastGradientSign(epsilon=EPSILON)
    ours = attack(victim.model, victim.images, victim.labels, generator=seeded)
    peer = oracle("foolbox").attacks.LinfFastGradientAttack()
    assert ours.equal(foolbox_images(peer, victim, EPSILON)[0])
    other = oracle("torchattacks").FGSM(victim.model, eps=EPSILON)
    # Which adds the step without a projection.
    torch.testing.assert_close(ours, torchattacks_images(other, victim), rtol=0, atol=3e-16)


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


@pytest.mark.parametrize("decay", [0.5, 1.0])
def test_mim(decay: float, victim: Victim, seeded: torch.Generator) -> None:
    attack = MomentumIterative(**PLAIN, decay=decay)
    ours = attack(victim.model, victim.images, victim.labels, generator=seeded)
    peer = oracle("torchattacks").MIFGSM(
        victim.model, eps=EPSILON, alpha=STEP, steps=STEPS, decay=decay
    )
    assert ours.equal(torchattacks_images(peer, victim))


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
