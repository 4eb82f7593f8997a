"""The items with the highest ratings, in an order that does not depend on the machine."""

from __future__ import annotations

from torch import Tensor


def best_items(ratings: Tensor, count: int) -> Tensor:
    """The highest of each row, best first; of equal ratings the lower index comes first.

    ``topk`` alone takes any of equal ratings, and not the same ones on every device.

    Args:
        ratings: ``(n, items)``, no NaN; -inf for what is wanted only when nothing else is left.
        count: How many, from 1 to the number of items.

    Returns:
        Item indices, int64 ``(n, count)``.
    """
    lowest = ratings.topk(count, dim=1).values[:, -1:]
    above, level = ratings > lowest, ratings == lowest
    room = count - above.sum(1, keepdim=True)
    chosen = above | (level & (level.cumsum(1) <= room))
    items = chosen.nonzero()[:, 1].view(len(ratings), count)
    order = ratings.gather(1, items).argsort(dim=1, descending=True, stable=True)
    return items.gather(1, order)
