"""Into which class attacks lead: its rank in the prediction of the clean image."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.errors import ShapeError


def misclassification_ranks(logits: Tensor, labels: Tensor, attacked: Tensor) -> Tensor:
    """Ranks that newly successful attacks reach as their budget grows.

    Figure 2 of the PC paper (Li et al. 2021). An attack is newly successful with a budget when
    it makes a sample wrong that was right and that no smaller budget made wrong; the paper does not
    say what becomes of samples that a larger budget spares again, here they count once.

    Args:
        logits: Of the images themselves, ``(N, K)``.
        labels: int64 ``(N,)``.
        attacked: Predicted classes of the attacked images, int64 ``(E, N)``, by growing budget.

    Returns:
        How many newly successful attacks reach each rank, int64 ``(E, K)``; the first column is
        rank 1, the most probable class, which is the true one and so always 0, the second the most
        probable false class. Classes of the same logit are ranked by their index.

    Raises:
        ShapeError: A shape does not fit.
    """
    count, classes = logits.shape
    if labels.shape != (count,) or attacked.ndim != 2 or attacked.shape[1] != count:
        raise ShapeError(
            f"labels are {tuple(labels.shape)} and predictions {tuple(attacked.shape)}, but "
            f"({count},) and (budgets, {count}) are wanted"
        )
    order = logits.argsort(stable=True, dim=1, descending=True)
    rank = order.argsort(1).gather(1, attacked.T).T
    wrong = (attacked != labels) & (order[:, 0] == labels)
    new = wrong & (wrong.cumsum(0) == 1)
    return torch.stack(
        [rank[at][new[at]].bincount(minlength=classes) for at in range(len(attacked))]
    )
