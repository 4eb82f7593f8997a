"""Square: random squares of the largest change, kept where they help."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from xaitool.core.attacks.base import AttackKind, BudgetOptions, FixedBudgetAttack
from xaitool.core.attacks.engine.draws import Draws
from xaitool.core.attacks.engine.objectives import OBJECTIVES
from xaitool.core.attacks.engine.outcome import Outcome
from xaitool.core.attacks.engine.samples import Samples
from xaitool.options import Options, option

# Of 10,000 queries, those after which the squares' share of the image halves.
_HALVED_AFTER = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)

# Numbers of so many queries are drawn at once; a draw by itself costs more than its numbers.
_DRAWN_TOGETHER = 100


@dataclass(frozen=True, kw_only=True)
class SquareOptions(BudgetOptions):
    """Options of `Square`."""

    queries: int = option(5000, "Most squares and stripes that a sample is tried with.", minimum=1)
    share: float = option(
        0.8, "Share of the image that the first squares cover.", above=0, maximum=1
    )
    loss: str = option(
        "margin",
        "By which a square is judged.",
        choices=tuple(OBJECTIVES),
        what="loss",
    )


@dataclass
class Painted(Samples):
    """Samples under attack.

    Attributes:
        images: ``(n, C, H, W)``.
        labels: int64 ``(n,)``.
        point: The best so far.
        objective: There, ``(n,)``.
        numbers: Random numbers for some queries, ``(n, queries, 2 + C)``.
    """

    images: Tensor
    labels: Tensor
    point: Tensor
    objective: Tensor
    numbers: Tensor


class Square(FixedBudgetAttack):
    """The L∞ Square attack (Andriushchenko et al. 2020, algorithms 1 and 2).

    Needs no gradient, so it is not deceived by masked ones. It begins with vertical stripes of
    ``x - epsilon`` and ``x + epsilon`` and then sets random squares, one sign a channel, which
    stay where they raise the loss. A sample goes as soon as it is misclassified. The squares'
    sizes follow the published schedule, rescaled to `queries`.

    Differences from the authors' code: a square may lie at the far edges, too, which their draw
    leaves out by one pixel; in AutoAttack's version all samples share a query's square, here each
    has its own.

    Example:
        >>> import torch
        >>> from xaitool.core.attacks.square import Square
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        >>> images = torch.rand(4, 3, 8, 8)
        >>> labels = model(images).argmax(1)
        >>> attack = Square(epsilon=0.1, queries=200)
        >>> result = attack.run(model, images, labels, generator=torch.Generator().manual_seed(0))
        >>> bool(result.success.all() and (result.linf <= 0.1 + 1e-6).all())
        True
        >>> bool((result.steps <= 200).all())  # a sample goes once it is misclassified
        True
    """

    Options: ClassVar[type[Options]] = SquareOptions
    kind: ClassVar[AttackKind] = "black-box"

    def _attack(
        self, model: nn.Module, images: Tensor, labels: Tensor, draws: Draws, outcome: Outcome
    ) -> None:
        row = torch.arange(len(images), device=images.device)
        stripes = draws.signs(row, (images.shape[1], 1, images.shape[3]))
        with torch.no_grad():
            # Those that are misclassified already need no stripes.
            painted = self._begin(row, images, labels)
            painted = self._offer(model, painted, images, outcome)
            first = stripes[painted.row] * self.options.epsilon
            # The search begins at the stripes, even if the image itself is better.
            painted.objective = torch.full_like(painted.objective, -torch.inf)
            point = self._inside(painted.images + first, painted.images)
            painted = self._offer(model, painted, point, outcome)
            for query in range(self.options.queries - 1):
                if not len(painted):
                    return
                if query % _DRAWN_TOGETHER == 0:
                    shape = (_DRAWN_TOGETHER, 2 + images.shape[1])
                    painted.numbers = draws.uniform(painted.row, shape)
                point = self._with_square(painted, query)
                painted = self._offer(model, painted, point, outcome)
        right = torch.zeros_like(painted.labels, dtype=torch.bool)
        outcome.note(painted.row, painted.point, right, painted.objective)

    def _begin(self, row: Tensor, images: Tensor, labels: Tensor) -> Painted:
        nothing = images.new_full((len(row),), -torch.inf)
        return Painted(row, images, labels, images, nothing, nothing[:, None])

    def _offer(
        self, model: nn.Module, painted: Painted, point: Tensor, outcome: Outcome
    ) -> Painted:
        """Keep the points that are better; those that are misclassified go."""
        logits = model(point)
        objective = OBJECTIVES[self.options.loss](logits, painted.labels)
        wrong = logits.argmax(1) != painted.labels
        outcome.steps[painted.row] += 1
        better = (objective > painted.objective) | wrong
        painted.point = torch.where(better.view(-1, 1, 1, 1), point, painted.point)
        painted.objective = torch.where(better, objective, painted.objective)
        # The one host synchronisation of a query.
        gone = painted.select(wrong.nonzero().squeeze(1))
        if not len(gone):
            return painted
        outcome.note(gone.row, gone.point, torch.ones_like(gone.row).bool(), gone.objective)
        return painted.select((~wrong).nonzero().squeeze(1))

    def _with_square(self, painted: Painted, query: int) -> Tensor:
        """The best points with one more square each."""
        height, width = painted.images.shape[2:]
        side = self._side(query, height, width)
        numbers = painted.numbers[:, query % _DRAWN_TOGETHER]
        down = _covered(numbers[:, 0], side, height)[:, None, :, None]
        across = _covered(numbers[:, 1], side, width)[:, None, None, :]
        signs = torch.where(numbers[:, 2:] < 0.5, -1.0, 1.0).to(painted.images)
        change = self.options.epsilon * signs[:, :, None, None]
        filled = self._inside(painted.images + change, painted.images)
        return torch.where(down & across, filled, painted.point)

    def _side(self, query: int, height: int, width: int) -> int:
        """Of the squares of a query, in pixels."""
        of_10000 = int(query / self.options.queries * 10000)
        halvings = sum(of_10000 > after for after in _HALVED_AFTER)
        area = self.options.share / 2**halvings * height * width
        return min(max(round(math.sqrt(area)), 1), height, width)


def _covered(number: Tensor, side: int, length: int) -> Tensor:
    """Which of `length` pixels a segment of `side` covers, bool ``(n, length)``.

    Args:
        number: Where it lies, ``(n,)`` in [0, 1).
        side: In pixels, at most `length`.
        length: In pixels.
    """
    first = (number * (length - side + 1)).floor()[:, None]
    pixels = torch.arange(length, device=number.device)
    return (pixels >= first) & (pixels < first + side)
