"""Files of items' aspects: a list for each item, or a column of 0 and 1 for each aspect."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xaitool.data.ratings.columns import EXAMPLES, is_row_number, only_place, role_of, spelling
from xaitool.data.ratings.item_aspects import Item, joined
from xaitool.data.ratings.lines import UTF8, delimiter_of, fields_of, numbered_lines
from xaitool.errors import DataError

_TITLES = ("title", "name", "movietitle", "moviename", "itemtitle", "itemname", "booktitle")
_ASPECTS = ("aspects", "genres", "genre", "categories", "category", "tags", "topics", "class")
_FLAGS = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}
_ONE_HOT = "a file of 0 and 1 wants a header: item, perhaps title, and the aspects' names"

Line = tuple[int, list[str]]


@dataclass(frozen=True)
class _Shape:
    """Which field of a line is what.

    Attributes:
        names: The header, or what it would be.
        item: Which is the item.
        title: Which is the title; None: there is none.
        aspects: Those of the aspects: one with all of them, or flags.
        has_flags: Which of both.
        separator: Between aspects of one field; None: blanks.
        is_named: Whether a header says so.
    """

    names: Sequence[str]
    item: int
    title: int | None
    aspects: Sequence[int]
    has_flags: bool = False
    separator: str | None = "|"
    is_named: bool = True


def read_aspects(path: Path, wanted: Container[str], *, encoding: str = UTF8) -> dict[str, Item]:
    """Read ``item,aspects`` or ``item,title,aspects`` a line, aspects as ``a|b|c``, or flags.

    Delimited as ratings are, by what the first line has; what has the delimiter in it stands in
    quotes. A header that names the item's column (``item``, ``movieId``, ``id``, ...) says which
    column is what: the aspects are in ``aspects``, ``genres`` or ``categories`` (separated by
    blanks in RecBole's ``:token_seq``), or every column but item and title is an aspect with 0 or
    1. Without one the order is as above; a line of an unknown item does not count. An item may have
    several lines: it has the aspects of all.

    Args:
        path: The file.
        wanted: The items that were rated; others are left out.
        encoding: Of the text.

    Raises:
        DataError: The file cannot be read, its header contradicts, or a line, which is named, is
            malformed.
    """
    lines = _lines(path, encoding)
    first = next(lines, None)
    if first is None:
        raise DataError(f"aspects file '{path}' is empty, but item,aspects lines are wanted")
    second = next(lines, None)
    shape = _shape(first, second, path, wanted)
    items: dict[str, Item] = {}
    for number, fields in _all(None if shape.is_named else first, second, lines):
        if len(fields) != len(shape.names):
            raise _malformed(path, number, len(fields), len(shape.names))
        if (name := fields[shape.item]) in wanted:
            title = "" if shape.title is None else fields[shape.title]
            aspects = _aspects(shape, fields, path, number)
            items[name] = joined(items.get(name), title, aspects)
    _check_are_names(items, shape, path)
    return items


def _lines(path: Path, encoding: str) -> Iterator[Line]:
    delimiter = None
    for number, line in numbered_lines(path, encoding=encoding):
        delimiter = delimiter or delimiter_of(line)
        yield number, fields_of(line, delimiter)


def _all(first: Line | None, second: Line | None, rest: Iterable[Line]) -> Iterator[Line]:
    yield from (line for line in (first, second) if line)
    yield from rest


def _shape(first: Line, second: Line | None, path: Path, wanted: Container[str]) -> _Shape:
    number, names = first
    places = [place for place, name in enumerate(names) if role_of(name) == "item"]
    places = places or [place for place, name in enumerate(names) if spelling(name) == "id"]
    if not places or names[places[0]] in wanted:
        if len(names) not in (2, 3):
            raise _malformed(path, number, len(names), len(names))
        title = 1 if len(names) == 3 else None
        return _Shape(names, 0, title, [len(names) - 1], is_named=False)
    where = f"line {number} of '{path}'"
    item = only_place("item", EXAMPLES["item"], names, places, where)
    return _named_shape(names, item, second[1] if second else [], where)


def _named_shape(names: list[str], item: int, values: list[str], where: str) -> _Shape:
    """The shape that a header has, with the values of the line after it."""
    title = next((place for place, name in enumerate(names) if spelling(name) in _TITLES), None)
    aspects = [place for place, name in enumerate(names) if spelling(name) in _ASPECTS]
    if aspects:
        place = only_place("aspects", "aspects, genres or categories", names, aspects, where)
        separator = None if names[place].endswith(":token_seq") else "|"
        return _Shape(names, item, title, [place], separator=separator)
    others = [
        place
        for place, name in enumerate(names)
        if place not in (item, title) and not is_row_number(name)
    ]
    if others and all(_flag(value) is not None for value in _at(others, values)):
        if len({names[place] for place in others}) < len(others):
            raise DataError(f"{where} names an aspect twice, but different names are wanted")
        return _Shape(names, item, title, others, has_flags=True)
    if len(others) == 2 and title is None:
        title = others.pop(0)
    if len(others) != 1:
        raise DataError(
            f"{where} has the columns {', '.join(names)}, none of which is called aspects, genres "
            "or categories, but one of them, or 0 and 1 for each aspect, is wanted"
        )
    return _Shape(names, item, title, others)


def _aspects(shape: _Shape, fields: list[str], path: Path, number: int) -> list[str]:
    if not shape.has_flags:
        return fields[shape.aspects[0]].split(shape.separator)
    names = []
    for place in shape.aspects:
        flag = _flag(fields[place])
        if flag is None:
            raise DataError(
                f"line {number} of '{path}' has '{fields[place]}' for {shape.names[place]}, but 0 "
                "or 1 is wanted"
            )
        if flag:
            names.append(shape.names[place])
    return names


def _flag(text: str) -> bool | None:
    return _FLAGS.get(text.casefold())


def _at(places: Iterable[int], values: Sequence[str]) -> list[str]:
    return [values[place] if place < len(values) else "" for place in places]


def _check_are_names(items: dict[str, Item], shape: _Shape, path: Path) -> None:
    names = {name for item in items.values() for name in item.aspects}
    if names and not shape.is_named and all(_flag(name) is not None for name in names):
        raise DataError(
            f"aspects file '{path}' has nothing but {', '.join(sorted(names))} for aspects, but "
            "names are wanted",
            hint=_ONE_HOT,
        )


def _malformed(path: Path, number: int, count: int, width: int) -> DataError:
    wanted = f"{width}, as in the first line," if count != width else "item[, title], aspects"
    return DataError(
        f"line {number} of '{path}' has {count} field{'s' * (count != 1)}, but {wanted} are wanted",
        hint=None if count != width else _ONE_HOT,
    )
