"""PGD and C&W beside torchattacks and foolbox, on a LeNet-5 trained on MNIST."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from tests.benchmarks.material import RUNTIME, digits, finish
from tests.benchmarks.measure import Row, seconds
from xaitool.core.attacks.base import Attack
from xaitool.core.attacks.cw_l2 import CarliniWagnerL2
from xaitool.core.attacks.pgd import ProjectedGradientDescent
from xaitool.core.models.classifiers.lenet5 import LeNet5

PGD_IMAGES, PGD_STEPS, PGD_STEP_SIZE = 1000, 40, 0.01
CW_IMAGES, CW_SEARCHES, CW_STEPS = 200, 9, 1000
FEW_IMAGES, FEW_SEARCHES, FEW_STEPS, FEW_ROUNDS = 20, 3, 300, 5
_ROWS = 256
_TARGET = 1 / 1.3


def run() -> Iterator[Row]:
    """PGD where nearly all fall and where most resist; C&W often for a little, once in full."""
    model = _lenet5()
    images, labels = digits()
    yield from _pgd(model, images[:PGD_IMAGES], labels[:PGD_IMAGES], epsilon=0.3)
    yield from _pgd(model, images[:PGD_IMAGES], labels[:PGD_IMAGES], epsilon=0.1)
    few = images[:FEW_IMAGES], labels[:FEW_IMAGES]
    yield _cw(model, *few, searches=FEW_SEARCHES, steps=FEW_STEPS, rounds=FEW_ROUNDS, constant=1.0)
    many = images[:CW_IMAGES], labels[:CW_IMAGES]
    yield _cw(model, *many, searches=CW_SEARCHES, steps=CW_STEPS, rounds=1, constant=1e-3)


def _pgd(model: nn.Module, images: Tensor, labels: Tensor, *, epsilon: float) -> Iterator[Row]:
    """The same share of success, from random starts that are each library's own."""
    attack = ProjectedGradientDescent(
        rows=_ROWS, epsilon=epsilon, step_size=PGD_STEP_SIZE, steps=PGD_STEPS
    )
    other = _torchattacks().PGD(model, eps=epsilon, alpha=PGD_STEP_SIZE, steps=PGD_STEPS)
    third = _foolbox().attacks.LinfPGD(abs_stepsize=PGD_STEP_SIZE, steps=PGD_STEPS)
    found: dict[str, Tensor] = {}

    def keep(name: str, attacked: Callable[[], Tensor]) -> Callable[[], None]:
        return lambda: found.update({name: attacked()})

    times = seconds(
        keep("ours", lambda: _ours(attack, model, images, labels)),
        keep("torchattacks", lambda: other(images, labels)),
        keep("foolbox", lambda: _theirs(third, model, images, labels, epsilon)),
        rounds=3,
        finish=finish,
    )
    broken = {name: _broken(model, adversarial, labels) for name, adversarial in found.items()}
    peer = min(("torchattacks", times[1]), ("foolbox", times[2]), key=lambda pair: pair[1])
    # Early leaving may only find more.
    missed = max(0.0, float(broken[peer[0]].float().mean() - broken["ours"].float().mean()))
    yield Row(
        "attacks", f"PGD-{PGD_STEPS}, epsilon {epsilon}, {len(images)} images", times[0], peer[1],
        f"faster of torchattacks, foolbox: {peer[0]}", "s", _TARGET,
        missed, 0.005, "successes fewer",
    )  # fmt: skip


def _cw(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    searches: int,
    steps: int,
    rounds: int,
    constant: float,
) -> Row:
    """Foolbox alone: torchattacks has no search for the constant."""
    attack = CarliniWagnerL2(
        rows=_ROWS, steps=steps, search_steps=searches, initial_constant=constant
    )
    peer = _foolbox().attacks.L2CarliniWagnerAttack(
        steps=steps, binary_search_steps=searches, initial_const=constant
    )
    found: dict[str, Tensor] = {}

    def ours() -> None:
        found["ours"] = _ours(attack, model, images, labels)

    def theirs() -> None:
        found["foolbox"] = _theirs(peer, model, images, labels, None)

    times = seconds(ours, theirs, rounds=rounds, warm=rounds > 1, finish=finish)
    case = f"C&W, {searches} x {steps}, {len(images)} images"
    return Row(
        "attacks", case, times[0], times[1], "foolbox", "s", _TARGET,
        _farther(model, images, labels, found), 0.02, "mean distance longer by",
    )  # fmt: skip


def _farther(model: nn.Module, images: Tensor, labels: Tensor, found: dict[str, Tensor]) -> float:
    """By how much ours are farther from the images, relative; infinite where ours fail more."""
    broken = _broken(model, found["foolbox"], labels)
    if (broken & ~_broken(model, found["ours"], labels)).any():
        return math.inf
    ours, theirs = (
        (found[name] - images)[broken].flatten(1).norm(dim=1).mean() for name in ("ours", "foolbox")
    )
    return max(0.0, float(ours / theirs - 1))


def _broken(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    with torch.no_grad():
        wrong: Tensor = model(images).argmax(1) != labels
    return wrong


def _ours(attack: Attack, model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    return attack(model, images, labels, generator=torch.Generator().manual_seed(0))


def _theirs(
    attack: Any, model: nn.Module, images: Tensor, labels: Tensor, epsilon: float | None
) -> Tensor:
    wrapped = _foolbox().PyTorchModel(model, bounds=(0, 1), device=RUNTIME.device)
    adversarial: Tensor = attack(wrapped, images, labels, epsilons=epsilon)[1]
    return adversarial


def _foolbox() -> Any:
    return _library("foolbox")


def _torchattacks() -> Any:
    return _library("torchattacks")


def _library(name: str) -> Any:
    """One whose own imports may warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(name)


def _lenet5() -> nn.Module:
    """Trained for an epoch, as a user has it: parameters require a gradient."""
    torch.manual_seed(0)
    model = LeNet5((1, 28, 28), 10, [0.1307], [0.3081]).to(RUNTIME.device)
    images, labels = digits()
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    for part in torch.randperm(len(images)).split(100):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(images[part]), labels[part]).backward()
        optimiser.step()
    return model.eval()
