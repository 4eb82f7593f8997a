"""What became of the samples that were attacked."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class AttackResult:
    """The result of an attack on N samples.

    Attributes:
        images: ``(N, C, H, W)`` in [0, 1], detached.
        success: Whether the image is misclassified, by the attack's confidence where it has one,
            bool ``(N,)``; so may have been the image before the attack.
        zero_gradient: Whether the gradient (or its estimate) was 0, or rounding noise, at some
            point that was classified right, bool ``(N,)``: a sign of masked gradients, as there
            was nothing to follow. False for attacks that use none.
        steps: Steps taken, int64 ``(N,)``: gradients, or for Square queries.
        linf: Largest change of a pixel value, ``(N,)``.
        l2: Euclidean length of the change, ``(N,)``.
    """

    images: Tensor
    success: Tensor
    zero_gradient: Tensor
    steps: Tensor
    linf: Tensor
    l2: Tensor


@dataclass
class Outcome:
    """The best so far of N samples, written in place.

    Attributes:
        images: ``(N, C, H, W)``.
        success: bool ``(N,)``.
        zero_gradient: bool ``(N,)``.
        steps: int64 ``(N,)``.
        objective: What the attack maximises, at `images`, ``(N,)``.
    """

    images: Tensor
    success: Tensor
    zero_gradient: Tensor
    steps: Tensor
    objective: Tensor

    @classmethod
    def of(cls, images: Tensor) -> Outcome:
        """Nothing has been tried yet."""
        nothing = torch.zeros(len(images), dtype=torch.bool, device=images.device)
        return cls(
            images.clamp(0, 1),
            nothing,
            nothing.clone(),
            nothing.long(),
            torch.full_like(nothing, -torch.inf, dtype=images.dtype),
        )

    def part(self, part: slice) -> Outcome:
        """Some samples, as views."""
        return Outcome(
            self.images[part],
            self.success[part],
            self.zero_gradient[part],
            self.steps[part],
            self.objective[part],
        )

    @property
    def unbroken(self) -> Tensor:
        """The samples without success, int64 ``(n,)``."""
        return (~self.success).nonzero().squeeze(1)

    def note(self, row: Tensor, points: Tensor, wrong: Tensor, objective: Tensor) -> None:
        """Keep these points of samples without success where they are the best so far.

        Args:
            row: Which samples, int64 ``(n,)``.
            points: ``(n, C, H, W)``.
            wrong: Whether the points are misclassified, bool ``(n,)``.
            objective: At these points, ``(n,)``.
        """
        better = wrong | (objective > self.objective[row])
        shape = (-1, *(1,) * (points.ndim - 1))
        self.images[row] = torch.where(better.view(shape), points, self.images[row])
        self.objective[row] = torch.where(better, objective, self.objective[row])
        self.success[row] |= wrong

    def count(
        self, row: Tensor, gradient: Tensor, right: Tensor, noise: Tensor | float = 0.0
    ) -> None:
        """Account for one more gradient of these samples.

        Args:
            row: Which samples, int64 ``(n,)``.
            gradient: ``(n, C, H, W)``.
            right: Whether they are classified right where it was computed, bool ``(n,)``.
            noise: Sums of its magnitudes that mean nothing, ``(n,)``; see `rounding_noise`.
        """
        self.steps[row] += 1
        self.zero_gradient[row] |= right & (gradient.flatten(1).abs().sum(1) <= noise)

    def result(self, originals: Tensor) -> AttackResult:
        """What the caller gets."""
        moved = (self.images - originals).flatten(1)
        return AttackResult(
            self.images,
            self.success,
            self.zero_gradient,
            self.steps,
            torch.linalg.vector_norm(moved, torch.inf, dim=1),
            torch.linalg.vector_norm(moved, dim=1),
        )
