"""Look-ups in ratings: what some users rated, and how high they rated some items."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.recommenders.engine.ratings import Ratings


class RatedItems:
    """Ratings in the order of users and items, so that a look-up reads only what it returns.

    Args:
        ratings: No pair of them is repeated.

    Attributes:
        counts: int64 ``(users,)``, ratings of each user.
    """

    def __init__(self, ratings: Ratings) -> None:
        self._item_count = ratings.item_count
        self._keys, order = (ratings.users * ratings.item_count + ratings.items).sort()
        self._values = ratings.values[order]
        self.counts = torch.bincount(ratings.users, minlength=ratings.user_count)
        self._starts = F.pad(self.counts.cumsum(0), (1, 0))[:-1]

    def of_users(self, users: Tensor) -> tuple[Tensor, Tensor]:
        """What users rated, as an index into a table of these users and all items.

        Args:
            users: int64 ``(n,)``; a user may be repeated.

        Returns:
            Row, the place in `users`, and item of each of their ratings, int64 ``(m,)`` both.
        """
        counts = self.counts[users]
        rows = torch.arange(len(users), device=users.device).repeat_interleave(counts)
        before = counts.cumsum(0) - counts
        places = torch.arange(len(rows), device=users.device) - before[rows]
        return rows, self._keys[self._starts[users][rows] + places] % self._item_count

    def values(self, users: Tensor, items: Tensor) -> Tensor:
        """How high users rated items, float32 ``(n,)``; NaN where they did not.

        Args:
            users: int64 ``(n,)``.
            items: int64 ``(n,)``, one to each user.
        """
        wanted = users * self._item_count + items
        places = torch.searchsorted(self._keys, wanted).clamp(max=len(self._keys) - 1)
        found = self._keys[places] == wanted
        return self._values[places].masked_fill(~found, torch.nan)
