"""The one signature of every loader of ratings, and what they share."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.data.ratings.item_aspects import Item, aspect_table
from xaitool.data.ratings.rating_data import RatingData
from xaitool.data.ratings.rating_table import Duplicates, RatingTable, Scale


@dataclass(frozen=True)
class Reading:
    """How a user's own files are read.

    Attributes:
        aspects: File of ``item,aspects``; None: the one beside the ratings.
        scale: Lowest and highest allowed rating; None: those that are found.
        duplicates: What a second rating of an item by the same user is; None: an error, unless
            the data set is known to have such.
    """

    aspects: Path | None = None
    scale: Scale | None = None
    duplicates: Duplicates | None = None


class RatingLoader(Protocol):
    """What the registry's ratings are.

    A new data set is a function of this signature in `data.ratings` and a line in the registry.
    """

    def __call__(self, location: str, *, data_dir: Path, reading: Reading) -> RatingData:
        """Load the data.

        Args:
            location: What follows the colon of its name; empty where there is none.
            data_dir: Folder in which a named data set lies or is downloaded to.
            reading: How a user's own files are read.

        Raises:
            DataError: The data is absent, empty or malformed.
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
