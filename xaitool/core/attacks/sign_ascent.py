"""The loop that FGSM, BIM, PGD and MIM share: steps by the sign of a direction."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaitool.core.attacks.base import BudgetOptions, FixedBudgetAttack
from xaitool.core.attacks.engine.draws import Draws
from xaitool.core.attacks.engine.objectives import OBJECTIVES, rounding_noise
from xaitool.core.attacks.engine.outcome import Outcome
from xaitool.core.attacks.engine.samples import Samples
from xaitool.core.gradients import gradients, logits_with_graph
from xaitool.options import option


@dataclass(frozen=True, kw_only=True)
class SignAscentOptions(BudgetOptions):
    """Options of a single step."""

    loss: str = option(
        "cross-entropy",
        "What is maximised. The gradient of cross-entropy vanishes where the softmax is "
        "saturated; that of the margin of the logits does not.",
        choices=tuple(OBJECTIVES),
        what="loss",
    )


@dataclass(frozen=True, kw_only=True)
class IteratedOptions(SignAscentOptions):
    """Options of several steps."""

    steps: int = option(10, "Steps.", minimum=1)
    step_size: float | None = option(
        None, "Size of a step, in pixel values; default: see the attack.", above=0, maximum=1
    )
    stop_early: bool = option(
        True,
        "Let a sample go as soon as it is misclassified. It saves time and never loses a success, "
        "but the image is not the one of the last step; adversarial training wants false.",
    )


@dataclass
class Walk(Samples):
    """Samples on their way.

    Attributes:
        images: Where they started, ``(n, C, H, W)``.
        labels: int64 ``(n,)``.
        point: Where they are, ``(n, C, H, W)``.
        memory: What a direction remembers of earlier ones, ``(n, ...)``.
    """

    images: Tensor
    labels: Tensor
    point: Tensor
    memory: Tensor


class SignAscent(FixedBudgetAttack):
    """Steps ``x <- project(x + step * sign(direction))``, the direction by the gradient.

    Arithmetic is that of foolbox's and torchattacks' PGD:
    ``clamp(x_0 + clamp(x - x_0, -epsilon, epsilon), 0, 1)``.
    """

    def _attack(
        self, model: nn.Module, images: Tensor, labels: Tensor, draws: Draws, outcome: Outcome
    ) -> None:
        for _ in range(self._restarts):
            row = outcome.unbroken
            if not len(row):
                return
            start = self._start(images[row], row, draws)
            walk = Walk(row, images[row], labels[row], start, self._memory(start))
            self._ascend(model, walk, outcome)

    def _ascend(self, model: nn.Module, walk: Walk, outcome: Outcome) -> None:
        for _ in range(self._steps):
            walk, gradient = self._look(model, walk, outcome)
            if not len(walk):
                return
            direction = self._direction(gradient, walk.memory)
            point = walk.point.detach() + self._step_size * direction.sign()
            walk.point = self._inside(point, walk.images)
        with torch.no_grad():
            logits = model(walk.point)
            self._note(walk, logits, outcome)

    def _look(self, model: nn.Module, walk: Walk, outcome: Outcome) -> tuple[Walk, Tensor]:
        """Those that go on, and their gradients."""
        point = walk.point.requires_grad_()
        logits = logits_with_graph(model, point)
        objective = OBJECTIVES[self.options.loss](logits, walk.labels)
        upstream, gradient = gradients(objective.sum(), (logits, point))
        right = logits.argmax(1) == walk.labels
        noise = rounding_noise(logits, upstream, self.options.epsilon)
        outcome.count(walk.row, gradient, right, noise)
        walk.point = point.detach()
        if not self._stop_early:
            return walk, gradient
        # The one host synchronisation of a step.
        going = right.nonzero().squeeze(1)
        if len(going) < len(walk):
            gone = (~right).nonzero().squeeze(1)
            self._note(walk.select(gone), logits.detach()[gone], outcome)
            gradient = gradient[going]
        return walk.select(going), gradient

    def _note(self, walk: Walk, logits: Tensor, outcome: Outcome) -> None:
        wrong = logits.argmax(1) != walk.labels
        objective = OBJECTIVES[self.options.loss](logits, walk.labels)
        outcome.note(walk.row, walk.point, wrong, objective)

    @property
    @abstractmethod
    def _step_size(self) -> float:
        """In pixel values."""

    @property
    def _steps(self) -> int:
        return int(self.options.steps)

    @property
    def _restarts(self) -> int:
        return 1

    @property
    def _stop_early(self) -> bool:
        return bool(self.options.stop_early)

    def _start(self, images: Tensor, row: Tensor, draws: Draws) -> Tensor:
        """Where samples begin, within the budget."""
        return images

    def _memory(self, images: Tensor) -> Tensor:
        """Before the first step, ``(n, ...)``."""
        return images.new_empty(len(images), 0)

    def _direction(self, gradient: Tensor, memory: Tensor) -> Tensor:
        """By whose sign a step goes, ``(n, C, H, W)``; may update the memory in place."""
        return gradient
