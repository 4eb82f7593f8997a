"""The one signature of every loader of ratings, and what they share."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.data.ratings.item_aspects import Item, aspect_table
from xaitool.data.ratings.rating_data import RatingData
from xaitool.data.ratings.rating_table import Duplicates, RatingTable, Scale
from xaitool.data.request import DataRequest


@dataclass(frozen=True, kw_only=True)
class RatingRequest(DataRequest):
    """A data set of ratings, and how a user's own files are read.

    Attributes:
        aspects: File of ``item,aspects``; None: the one beside the ratings.
        scale: Lowest and highest allowed rating; None: those that are found.
        duplicates: What a second rating of an item by the same user is; None: an error, unless
            the data set is known to have such.
    """

    aspects: Path | None = None
    scale: Scale | None = None
    duplicates: Duplicates | None = None


RatingLoader = Callable[[RatingRequest], RatingData]
"""What the registry's ratings are: a new one is such a function, and a line in the registry.

It raises a `DataError` where the data are absent, empty or malformed.
"""


def assembled(
    name: str,
    table: RatingTable,
    read_items: Callable[[Container[str]], Mapping[str, Item]],
    source: Path,
    scale: Scale | None,
) -> RatingData:
    """Ratings and aspects as one data set, with notes on what is missing in it.

    Args:
        name: The data set's.
        table: The ratings.
        read_items: Reads what is known of these items.
        source: Where it reads, for messages.
        scale: Lowest and highest possible rating; None: those that are found.

    Raises:
        DataError: No item has an aspect, or there are too many aspects.
    """
    items = read_items(frozenset(table.item_ids))
    titles, aspect_names, aspects = aspect_table(table.item_ids, items, source)
    times = torch.from_numpy(table.times)
    return RatingData(
        name=name,
        ratings=Ratings(
            torch.from_numpy(table.users),
            torch.from_numpy(table.items),
            torch.from_numpy(table.values),
            len(table.user_ids),
            len(table.item_ids),
        ),
        times=times if (times != times[0]).any() else None,
        user_ids=table.user_ids,
        item_ids=table.item_ids,
        titles=titles,
        aspect_names=aspect_names,
        aspects=aspects,
        scale=scale or (float(table.values.min()), float(table.values.max())),
        notes=_notes(table, int((~aspects.any(1)).sum())),
    )


def _notes(table: RatingTable, bare: int) -> tuple[str, ...]:
    notes, items = [], len(table.item_ids)
    if table.unread:
        notes.append(f"columns of the ratings that are not read: {', '.join(table.unread)}")
    if table.dropped:
        notes.append(f"ratings left out because a later line repeats them: {table.dropped:,}")
    if bare:
        notes.append(f"items without an aspect, which cannot be explained: {bare:,} of {items:,}")
    return tuple(notes)
