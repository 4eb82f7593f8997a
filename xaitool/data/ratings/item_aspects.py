"""What items are called and which aspects they have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from xaitool.errors import DataError

NO_ASPECTS = frozenset({"", "(no genres listed)", "\\N"})
"""How files say that nothing is known."""

MAXIMUM_ASPECTS = 1000
"""More are never aspects, but a wrong column."""


class Item(NamedTuple):
    """What a file says of an item.

    Attributes:
        title: Empty where there is none.
        aspects: Their names.
    """

    title: str
    aspects: frozenset[str]


def joined(known: Item | None, title: str, names: Iterable[str]) -> Item:
    """What is known of an item, and these: the first title, the aspects of all."""
    known = known or Item("", frozenset())
    aspects = known.aspects | ({name.strip() for name in names} - NO_ASPECTS)
    return Item(known.title or title, aspects)


def aspect_table(
    item_ids: Sequence[str], items: Mapping[str, Item], source: Path
) -> tuple[tuple[str, ...], tuple[str, ...], Tensor]:
    """Titles, aspect names and the bool ``(items, A)`` table of who has which.

    Args:
        item_ids: The rated items.
        items: What is known of them; an item that is not there has no aspects.
        source: Where `items` come from, for messages.

    Raises:
        DataError: No item has an aspect, or there are more aspects than `MAXIMUM_ASPECTS`.
    """
    listed = [items.get(name, Item("", frozenset())) for name in item_ids]
    names = sorted({aspect for item in listed for aspect in item.aspects})
    if not names:
        raise DataError(
            f"aspects file '{source}' gives none of the {len(item_ids):,} rated items an aspect, "
            "but aspects by the items' ids are wanted"
        )
    if len(names) > MAXIMUM_ASPECTS:
        raise DataError(
            f"aspects file '{source}' has {len(names):,} different aspects, but at most "
            f"{MAXIMUM_ASPECTS:,} are wanted",
            hint="without a header the last column is the aspects: item[, title], aspects",
        )
    place = {name: index for index, name in enumerate(names)}
    pairs = [(row, place[aspect]) for row, item in enumerate(listed) for aspect in item.aspects]
    table = torch.zeros(len(item_ids), len(names), dtype=torch.bool)
    table[tuple(torch.tensor(pairs).T)] = True
    titles = (item.title or name for name, item in zip(item_ids, listed, strict=True))
    return tuple(titles), tuple(names), table
