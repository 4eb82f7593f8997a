"""Fitting a network of ratings by Adam on mini-batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaitool.core.recommenders.base import Progress
from xaitool.core.recommenders.biased import checked_rmse
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.seeding import random_stream
from xaitool.options import Options, option

# From users, items: predictions (n,) and the penalty of these rows, a scalar sum.
Prediction = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True, kw_only=True)
class MiniBatchOptions(Options):
    """Options of models that are fitted by mini-batches."""

    factors: int = option(120, "Length of the latent vectors.", minimum=2)
    epochs: int = option(8, "Passes over the ratings.", minimum=1)
    batch_size: int = option(1024, "Ratings in one step.", minimum=1, unit="RATINGS")
    learning_rate: float = option(0.003, "Of the first step; falls linearly to zero.", above=0.0)
    regularisation: float = option(
        0.1, "Weight of the squared vectors, once for each rating.", minimum=0.0
    )


def fit_minibatches(
    module: nn.Module,
    predict: Prediction,
    ratings: Ratings,
    options: MiniBatchOptions,
    seed: int,
    progress: Progress | None,
) -> None:
    """Minimise the mean of squared errors and penalties, in an order drawn from the seed.

    Afterwards the parameters of `module` want no gradient.

    Raises:
        DivergenceError: An epoch's training error is NaN or infinite.
    """
    module.requires_grad_()
    optimiser = torch.optim.Adam(module.parameters(), lr=options.learning_rate, fused=True)
    batches = -(-len(ratings) // options.batch_size)
    schedule = torch.optim.lr_scheduler.LinearLR(
        optimiser, 1.0, 0.0, total_iters=options.epochs * batches
    )
    for epoch in range(1, options.epochs + 1):
        order = torch.randperm(len(ratings), generator=random_stream(seed, "order", epoch))
        squares = ratings.values.new_zeros(())
        for rows in order.to(ratings.users.device).split(options.batch_size):
            squares += _step(predict, _rows(ratings, rows), optimiser)
            schedule.step()
        rmse = checked_rmse(float(squares), len(ratings), epoch)
        if progress is not None:
            progress(epoch, {"rmse": rmse})
    module.requires_grad_(False)
    module.zero_grad(set_to_none=True)


def _step(
    predict: Prediction, batch: tuple[Tensor, Tensor, Tensor], optimiser: torch.optim.Optimizer
) -> Tensor:
    users, items, values = batch
    predicted, penalty = predict(users, items)
    squares = (predicted - values).square().sum()
    optimiser.zero_grad()
    ((squares + penalty) / len(values)).backward()
    optimiser.step()
    return squares.detach()


def _rows(ratings: Ratings, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return ratings.users[rows], ratings.items[rows], ratings.values[rows]


def new_vectors(counts: Tensor, size: int, scale: float, *keys: int | str) -> nn.Parameter:
    """Gaussian vectors ``(rows, size)`` from a seed, on the device of `counts`.

    Args:
        counts: int64 ``(rows,)``; a row without ratings gets 0, and no gradient ever reaches it.
        size: Length of a vector.
        scale: Standard deviation of a number.
        *keys: The run's seed and a purpose.
    """
    noise = torch.randn(len(counts), size, generator=random_stream(*keys))
    return nn.Parameter(scale * noise.to(counts.device) * (counts > 0)[:, None])
