"""What items are called and which aspects they have."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from xaitool.data.ratings.lines import UTF8, delimiter_of, fields_of, numbered_lines
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


def read_aspects(path: Path, wanted: Container[str], *, encoding: str = UTF8) -> dict[str, Item]:
    """Read ``item,aspects`` or ``item,title,aspects`` a line, aspects as ``a|b|c``.

    Delimited by tabs, ``::`` or commas, by what the first line has; a title with commas stands in
    quotes. A header is a line of an unknown item, which does not count; where it calls its last
    column ``title``, the order is ``item,aspects,title``. An item may have several lines: it has
    the aspects of all.

    Args:
        path: The file.
        wanted: The items that were rated; others are left out.
        encoding: Of the text.

    Raises:
        DataError: The file cannot be read, or a line, which is named, is malformed.
    """
    shape: _Shape | None = None
    items: dict[str, Item] = {}
    for number, line in numbered_lines(path, encoding=encoding):
        shape = shape or _shape(line)
        fields = fields_of(line, shape.delimiter)
        if len(fields) != shape.width or shape.width not in (2, 3):
            raise _malformed(path, number, len(fields), shape.width)
        if (name := fields[0]) in wanted:
            title = fields[3 - shape.aspects] if shape.width == 3 else ""
            items[name] = joined(items.get(name), title, fields[shape.aspects].split("|"))
    return items


class _Shape(NamedTuple):
    delimiter: str
    width: int
    aspects: int


def _shape(first_line: str) -> _Shape:
    delimiter = delimiter_of(first_line)
    fields = fields_of(first_line, delimiter)
    is_title_last = len(fields) == 3 and fields[2].casefold() == "title"
    return _Shape(delimiter, len(fields), 1 if is_title_last else len(fields) - 1)


def _malformed(path: Path, number: int, found: int, width: int) -> DataError:
    wanted = f"{width}, as in the first line," if width in (2, 3) else "item[, title], aspects"
    return DataError(
        f"line {number} of '{path}' has {found} field{'s' * (found != 1)}, but {wanted} are wanted"
    )


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
    found = [items.get(name, Item("", frozenset())) for name in item_ids]
    names = sorted({aspect for item in found for aspect in item.aspects})
    if not names:
        raise DataError(
            f"aspects file '{source}' gives none of the {len(item_ids):,} rated items an aspect, "
            "but aspects by the items' ids are wanted"
        )
    if len(names) > MAXIMUM_ASPECTS:
        raise DataError(
            f"aspects file '{source}' has {len(names):,} different aspects, but at most "
            f"{MAXIMUM_ASPECTS:,} are wanted",
            hint="the aspects are the last column: item,aspects or item,title,aspects",
        )
    place = {name: index for index, name in enumerate(names)}
    pairs = [(row, place[aspect]) for row, item in enumerate(found) for aspect in item.aspects]
    table = torch.zeros(len(item_ids), len(names), dtype=torch.bool)
    table[tuple(torch.tensor(pairs).T)] = True
    titles = (item.title or name for name, item in zip(item_ids, found, strict=True))
    return tuple(titles), tuple(names), table
