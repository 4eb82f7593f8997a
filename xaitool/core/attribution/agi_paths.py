"""Paths of adversarial gradient integration: those under way, and what became of all."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.attribution.base import Attribution
from xaitool.core.attribution.engine.class_sample import NO_CLASS


@dataclass(frozen=True)
class FirstSteps:
    """Where n samples begin, and all first steps from there to K classes.

    Attributes:
        points: The samples, ``(n, C, H, W)``.
        slopes: Gradient of ``f_target``, of the same shape; None where nobody asks for it.
        directions: To every class, ``(n, K, C, H, W)``, int8 where it is a sign.
        behind: Logit of the predicted class less every class's, ``(n, K)``.
    """

    points: Tensor
    slopes: Tensor | None
    directions: Tensor
    behind: Tensor


@dataclass
class Walkers:
    """Paths under way, one a row, each just after a step.

    Attributes:
        pair: ``sample * K + column`` of the class.
        taken: Steps so far.
        behind: Logit of the predicted class less the class's own, where the last step began.
        point: Where it stands, ``(n, C, H, W)``.
        moved: The displacement of the last step.
    """

    pair: Tensor
    taken: Tensor
    behind: Tensor
    point: Tensor
    moved: Tensor

    def __len__(self) -> int:
        return len(self.pair)

    def select(self, index: Tensor) -> Walkers:
        """Some of them."""
        return Walkers(*(part[index] for part in self._parts()))

    def joined(self, *others: Walkers) -> Walkers:
        """These and others."""
        parts = (walkers._parts() for walkers in (self, *others))
        return Walkers(*(torch.cat(part) for part in zip(*parts, strict=True)))

    def nearest_first(self, rows: int) -> list[Walkers]:
        """All in batches of at most `rows`, so that those who arrive are likely together."""
        batches = -(-len(self) // rows)
        return [
            self.select(index) for index in self.behind.argsort(stable=True).tensor_split(batches)
        ]

    def _parts(self) -> tuple[Tensor, ...]:
        return self.pair, self.taken, self.behind, self.point, self.moved


@dataclass
class AscentRecord:
    """What is known of N samples and K classes each; filled in place.

    Attributes:
        values: Sums of contributions, ``(N, M, C, H, W)``: M is K, or 1 where nobody asks for the
            classes one by one.
        score_input: ``f_target(x)``, ``(N,)``.
        classes: int64 ``(N, K)``, `NO_CLASS` for none.
        end_score: ``f_target(x'_c)``, ``(N, K)``.
        reached: bool ``(N, K)``.
        steps: int64 ``(N, K)``.
        ends: ``x'_c``, ``(N, K, C, H, W)``, or with no K where nobody asks for them.
    """

    values: Tensor
    score_input: Tensor
    classes: Tensor
    end_score: Tensor
    reached: Tensor
    steps: Tensor
    ends: Tensor

    @classmethod
    def empty(cls, inputs: Tensor, classes: Tensor, *, separate: bool, ends: bool) -> AscentRecord:
        """Of samples ``(N, C, H, W)`` that all stand where they began."""
        samples, count = classes.shape
        columns = count if separate else 1
        return cls(
            inputs.new_zeros(samples, columns, *inputs.shape[1:]),
            inputs.new_empty(samples),
            classes,
            inputs.new_empty(samples, count),
            torch.zeros_like(classes, dtype=torch.bool),
            torch.zeros_like(classes),
            inputs[:, None].repeat(1, count if ends else 0, 1, 1, 1),
        )

    def part(self, samples: slice) -> AscentRecord:
        """A view of some samples."""
        return AscentRecord(
            self.values[samples],
            self.score_input[samples],
            self.classes[samples],
            self.end_score[samples],
            self.reached[samples],
            self.steps[samples],
            self.ends[samples],
        )

    def waiting(self) -> Tensor:
        """Pairs that have somewhere to go."""
        unfinished = ~self.reached & (self.classes != NO_CLASS)
        return unfinished.flatten().nonzero().squeeze(1)

    def add(self, pair: Tensor, slope: Tensor, moved: Tensor) -> None:
        """Integrate one step; it is walked from x, and integrated towards x."""
        columns, count = self.values.shape[1], self.classes.shape[1]
        place = pair // count * columns + pair % count % columns
        self.values.flatten(0, 1).index_add_(0, place, slope * moved, alpha=-1)

    def note(self, walkers: Walkers, scores: Tensor, arrived: Tensor) -> None:
        """Where these paths are now, which is their end unless they go on."""
        self.end_score.view(-1)[walkers.pair] = scores
        self.reached.view(-1)[walkers.pair] = arrived
        self.steps.view(-1)[walkers.pair] = walkers.taken
        if self.ends.shape[1]:
            self.ends.flatten(0, 1)[walkers.pair] = walkers.point.detach()

    def attribution(self, *, separate: bool) -> Attribution:
        """The mean over the classes, and with `separate` each of them among the extras."""
        climbed = self.classes != NO_CLASS
        count = climbed.sum(1)
        values = self.values.sum(1) / count.view(-1, 1, 1, 1)
        score_baseline = (self.end_score * climbed).sum(1) / count
        gap = values.flatten(1).sum(1) - (self.score_input - score_baseline)
        extras = {"classes": self.classes, "reached": self.reached, "class_steps": self.steps}
        if separate:
            difference = self.score_input[:, None] - self.end_score
            extras["class_values"] = self.values
            extras["class_gap"] = self.values.flatten(2).sum(2) - difference
        return Attribution(values, self.score_input, score_baseline, gap, extras)
