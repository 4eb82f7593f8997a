"""The fit of aspect embeddings and attention to item vectors that stay as they are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.recommenders.aspects.aspect_attention import attend
from xaitool.errors import DivergenceError

# It stops by itself long before, where a step gains less than this share of the loss.
MAXIMUM_STEPS = 200
LEAST_GAIN = 1e-6


@dataclass(frozen=True)
class AspectFit:
    """What was learned, float64.

    Attributes:
        embeddings: Aspect embeddings ``(A, E)``.
        weight: Of the attention's linear map, ``(A, E)``.
        bias: Of the same, ``(A,)``.
    """

    embeddings: Tensor
    weight: Tensor
    bias: Tensor


@dataclass(frozen=True)
class _Problem:
    """The loss of `fit_aspects` as a function of the attention's linear map ``(A, E + 1)``.

    Attributes:
        vectors: Item vectors of unit root mean square length, float64 ``(n, E)``.
        shares: How much an item counts, ``(n,)``, of sum 1.
        aspects: bool ``(n, A)``.
        attention: One of `aspect_attention.ATTENTIONS`.
        aspect_decay: Weight of the embeddings' squared length.
        attention_decay: Weight of the map's squared length.
    """

    vectors: Tensor
    shares: Tensor
    aspects: Tensor
    attention: str
    aspect_decay: float
    attention_decay: float

    def attend(self, linear: Tensor) -> Tensor:
        """Attention ``(n, A)``."""
        logits = self.vectors @ linear[:, :-1].T + linear[:, -1]
        return attend(self.attention, logits, self.aspects)

    def embeddings(self, attention: Tensor) -> Tensor:
        """The best embeddings ``(A, E)`` for an attention, by ridge regression."""
        weighted = (attention * self.shares[:, None]).T
        ridge = self.aspect_decay * torch.eye(attention.shape[1]).to(attention)
        found: Tensor = torch.linalg.solve(weighted @ attention + ridge, weighted @ self.vectors)
        return found

    @torch.enable_grad()
    def loss_and_slope(self, linear: Tensor) -> tuple[Tensor, Tensor]:
        """The loss at the best embeddings, a scalar, and its gradient ``(A, E + 1)``."""
        linear = linear.detach().requires_grad_()
        attention = self.attend(linear)
        # At the best embeddings the loss does not change with them, so they need no gradient.
        embeddings = self.embeddings(attention.detach())
        loss = (
            self.shares @ (self.vectors - attention @ embeddings).square().sum(1)
            + self.aspect_decay * embeddings.square().sum()
            + self.attention_decay * linear.square().sum()
        )
        return loss.detach(), torch.autograd.grad(loss, linear)[0]


def fit_aspects(
    vectors: Tensor,
    weights: Tensor,
    aspects: Tensor,
    *,
    attention: str,
    aspect_decay: float,
    attention_decay: float,
) -> AspectFit:
    """Minimise the weighted mean of |v - sum_k a_k psi_k|² plus both decays.

    For any attention the best embeddings are a ridge regression, so the attention alone is
    searched, from equal parts, by gradient steps over all items at once (of Barzilai and Borwein's
    length, shortened where the loss would rise). ``least-squares`` stays at equal parts (see
    `Amcf`). Vectors are divided by their root mean square length first, so the decays have no
    unit. One factor for all embeddings then undoes what the decay took from their overall length.

    Args:
        vectors: Item vectors ``(n, E)``.
        weights: How much an item counts ``(n,)``, not negative; 0 leaves it out.
        aspects: bool ``(n, A)``.
        attention: One of `aspect_attention.ATTENTIONS`.
        aspect_decay: Weight of the embeddings' squared length, above 0.
        attention_decay: Weight of the attention parameters' squared length.

    Raises:
        DivergenceError: A vector is NaN or infinite.
    """
    used = (weights > 0) & aspects.any(1)
    vectors, weights = vectors[used].double(), weights[used].double()
    if not vectors.isfinite().all():
        raise DivergenceError("an item vector is NaN or infinite, but finite ones are wanted")
    shares = weights / weights.sum()
    length = _positive((shares @ vectors.square().sum(1)).sqrt())
    learned = attention != "least-squares"
    problem = _Problem(
        vectors / length,
        shares,
        aspects[used],
        attention if learned else "masked-softmax",
        aspect_decay,
        attention_decay,
    )
    linear = problem.vectors.new_zeros(aspects.shape[1], vectors.shape[1] + 1)
    if learned:
        linear = _descend(problem, linear)
    parts = problem.attend(linear)
    embeddings = problem.embeddings(parts)
    stretch = _stretch(problem, parts @ embeddings)
    return AspectFit(stretch * length * embeddings, linear[:, :-1] / length, linear[:, -1])


def _descend(problem: _Problem, linear: Tensor) -> Tensor:
    loss, slope = problem.loss_and_slope(linear)
    step = torch.ones_like(loss)
    for _ in range(MAXIMUM_STEPS):
        ahead = linear - step * slope
        loss_ahead, slope_ahead = problem.loss_and_slope(ahead)
        if not loss_ahead <= loss:
            step = step / 4
            continue
        if loss - loss_ahead <= LEAST_GAIN * loss:
            return ahead
        moved, turned = ahead - linear, slope_ahead - slope
        square = moved.square().sum()
        step = square / (moved * turned).sum().abs().clamp(min=1e-6 * square)
        linear, loss, slope = ahead, loss_ahead, slope_ahead
    return linear


def _stretch(problem: _Problem, approximations: Tensor) -> Tensor:
    wanted = problem.shares @ (problem.vectors * approximations).sum(1)
    return _positive(wanted / _positive(problem.shares @ approximations.square().sum(1)))


def _positive(value: Tensor) -> Tensor:
    return torch.where(value > 0, value, 1)
