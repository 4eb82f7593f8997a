"""Reads files of ratings, ``user,item,rating[,timestamp]`` a line, fast and strictly."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xaitool.data.ratings.lines import chunks, delimiter_of, fields_of, numbered_lines
from xaitool.errors import DataError

Duplicates = Literal["error", "last"]
"""What a second rating of an item by the same user is: an error, or the one that is kept."""

Scale = tuple[float, float]

_INT64_MAXIMUM = 2**63 - 1
_FLOAT32_MAXIMUM = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Columns:
    """Which field of a line is what.

    Attributes:
        names: All fields in order; user and item are the first two.
        required: How many of them every file has.
        rating: Which is the rating.
        time: Which is the time stamp, in whole seconds; None: there is none.
    """

    names: tuple[str, ...] = ("user", "item", "rating", "timestamp")
    required: int = 3
    rating: int = 2
    time: int | None = 3

    @property
    def text(self) -> str:
        """Such as ``user, item, rating[, timestamp]``."""
        extra = "".join(f"[, {name}]" for name in self.names[self.required :])
        return ", ".join(self.names[: self.required]) + extra


@dataclass(frozen=True)
class RatingTable:
    """Ratings as arrays, in the order of the files.

    Attributes:
        user_ids: The users; sorted, as numbers where all are numbers.
        item_ids: The items, same.
        users: int64 ``(n,)``, indices into `user_ids`.
        items: int64 ``(n,)``, indices into `item_ids`.
        values: float32 ``(n,)``.
        times: int64 ``(n,)``, 0 where the files have none.
        dropped: How many ratings a later one of the same user and item replaced.
    """

    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    users: NDArray[np.int64]
    items: NDArray[np.int64]
    values: NDArray[np.float32]
    times: NDArray[np.int64]
    dropped: int


def read_ratings(
    files: Sequence[Path],
    *,
    scale: Scale | None = None,
    duplicates: Duplicates = "error",
    columns: Columns | None = None,
) -> RatingTable:
    """Read ratings: UTF-8 text, delimited by tabs, ``::`` or commas, by what the first line has.

    A first line without any number is a header; blank lines do not count. Memory is what the
    arrays take, and a chunk of text.

    Args:
        files: Read one after the other.
        scale: Lowest and highest allowed rating; None: any finite number.
        duplicates: What a second rating of an item by the same user is.
        columns: Which field is what; None: user, item, rating and perhaps time stamp.

    Raises:
        DataError: A file cannot be read or has no ratings; or a line, which is named, is
            malformed, has a rating that is no number or out of `scale`, or repeats another.
    """
    columns = columns or Columns()
    reader = _Reader(scale or (-_FLOAT32_MAXIMUM, _FLOAT32_MAXIMUM), columns)
    parts = [part for file in files for part in reader.parts(file)]
    if not sum(len(part.users) for part in parts):
        raise DataError(f"file '{files[0]}' has no ratings, but at least one is wanted")
    user_ids, user_ranks = _sorted(reader.users)
    item_ids, item_ranks = _sorted(reader.items)
    users = user_ranks[np.concatenate([part.users for part in parts])]
    items = item_ranks[np.concatenate([part.items for part in parts])]
    values = np.concatenate([part.values for part in parts])
    times = np.concatenate([part.times for part in parts])
    rows = _last_rows(users * len(item_ids) + items)
    if rows is None:
        return RatingTable(user_ids, item_ids, users, items, values, times, 0)
    if duplicates == "error":
        raise _repeated(files, columns, users * len(item_ids) + items)
    dropped = len(users) - len(rows)
    kept = (users[rows], items[rows], values[rows], times[rows])
    return RatingTable(user_ids, item_ids, *kept, dropped)


class _Part(NamedTuple):
    """Some ratings; users and items numbered as they came."""

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    values: NDArray[np.float32]
    times: NDArray[np.int64]


class _Layout(NamedTuple):
    delimiter: str
    width: int
    start: int


class _Reader:
    """Reads chunks by whole columns, and a chunk that has anything unusual line by line."""

    def __init__(self, scale: Scale, columns: Columns) -> None:
        self.users = _numbering()
        self.items = _numbering()
        self._scale = scale
        self._columns = columns

    def parts(self, path: Path) -> Iterator[_Part]:
        layout = _layout(path, self._columns)
        for start, lines in chunks(path, start=layout.start):
            try:
                part = self._converted(_split(lines, layout))
            except (ValueError, OverflowError):
                rows = list(self._checked_rows(path, start, lines, layout))
                part = self._converted(
                    [[row[column] for row in rows] for column in range(layout.width)]
                )
            yield part

    def _converted(self, fields: list[list[str]]) -> _Part:
        count = len(fields[0])
        values = np.fromiter(map(float, fields[self._columns.rating]), np.float64, count)
        low, high = self._scale
        if not (np.isfinite(values) & (low <= values) & (values <= high)).all():
            raise ValueError
        times = np.zeros(count, np.int64)
        time = self._columns.time
        if time is not None and time < len(fields):
            times = np.fromiter(map(int, fields[time]), np.int64, count)
        users = np.fromiter(map(self.users.__getitem__, fields[0]), np.int32, count)
        items = np.fromiter(map(self.items.__getitem__, fields[1]), np.int32, count)
        if "" in self.users or "" in self.items:
            raise ValueError
        return _Part(users, items, values.astype(np.float32), times)

    def _checked_rows(
        self, path: Path, start: int, lines: list[str], layout: _Layout
    ) -> Iterator[list[str]]:
        for number, line in enumerate(lines, start):
            if not line.isspace():
                row = fields_of(line, layout.delimiter)
                if fault := self._fault(row, layout.width):
                    raise DataError(f"line {number} of '{path}' has {fault} wanted")
                yield row

    def _fault(self, row: list[str], width: int) -> str | None:
        columns = self._columns
        if len(row) != width:
            return f"{_fields(len(row))}, but {width} ({columns.text}) are"
        for name, field in zip(("user", "item"), row, strict=False):
            if not field:
                return f"an empty {name}, but one is"
        rating, (low, high) = row[columns.rating], self._scale
        value = _number(rating)
        if value is None or not math.isfinite(value):
            return f"rating '{rating}', but a number is"
        if not low <= value <= high:
            return f"rating {rating}, but {low:g} to {high:g} is"
        if columns.time is not None and columns.time < width and not _is_time(row[columns.time]):
            return f"timestamp '{row[columns.time]}', but whole seconds are"
        return None


def _numbering() -> dict[str, int]:
    numbers: defaultdict[str, int] = defaultdict()
    # A new key gets the count of those before it.
    numbers.default_factory = numbers.__len__
    return numbers


def _split(lines: list[str], layout: _Layout) -> list[list[str]]:
    """The fields by column; ValueError where a line has quotes, blanks or too few fields."""
    delimiter, width, _ = layout
    text = "".join(lines)
    if '"' in text or " " in text:
        raise ValueError
    # Each line's end becomes a field of its own, which has to follow `width` others every time.
    fields = text.rstrip("\n").replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
    step = width + 1
    if len(fields) != len(lines) * step - 1 or set(fields[width::step]) - {"\n"}:
        raise ValueError
    return [fields[column::step] for column in range(width)]


def _layout(path: Path, columns: Columns) -> _Layout:
    for number, line in numbered_lines(path):
        delimiter = delimiter_of(line)
        fields = fields_of(line, delimiter)
        if not columns.required <= len(fields) <= len(columns.names):
            raise DataError(
                f"line {number} of '{path}' has {_fields(len(fields))}, but {columns.text} are "
                "wanted, delimited by tabs, '::' or commas"
            )
        is_header = all(_number(field) is None for field in fields)
        return _Layout(delimiter, len(fields), number + is_header)
    raise DataError(f"file '{path}' is empty, but ratings are wanted")


def _fields(count: int) -> str:
    return f"{count} field{'s' * (count != 1)}"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_time(text: str) -> bool:
    try:
        return abs(int(text)) <= _INT64_MAXIMUM
    except ValueError:
        return False


def _sorted(numbers: dict[str, int]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The ids in order, and the place in it of each number."""
    if all(name.isascii() and name.isdigit() and len(name) < 19 for name in numbers):
        names = sorted(numbers, key=lambda name: (int(name), name))
    else:
        names = sorted(numbers)
    ranks = np.empty(len(names), np.int64)
    ranks[[numbers[name] for name in names]] = np.arange(len(names))
    return tuple(names), ranks


def _last_rows(keys: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The last row of each key, ascending; None where no key is repeated."""
    ascending = np.sort(keys)
    if not (ascending[1:] == ascending[:-1]).any():
        return None
    order = np.argsort(keys, kind="stable")
    is_last = np.append(keys[order][1:] != keys[order][:-1], True)
    return np.sort(order[is_last])


def _repeated(files: Sequence[Path], columns: Columns, keys: NDArray[np.int64]) -> DataError:
    """The error that names the first repetition, and what it repeats."""
    order = np.argsort(keys, kind="stable")
    again = (keys[order][1:] == keys[order][:-1]).nonzero()[0]
    place = again[order[again + 1].argmin()]
    places: list[tuple[Path, int, list[str]]] = []
    for row in (int(order[place]), int(order[place + 1])):
        places.extend(islice(_rows(files, columns), row, row + 1))
    (first_path, first, _), (path, number, (user, item, *_)) = places
    earlier = f"line {first}" + (f" of '{first_path}'" if first_path != path else "")
    return DataError(
        f"line {number} of '{path}' rates item '{item}' by user '{user}' again after {earlier}, "
        "but one rating of an item by a user is wanted",
        hint="remove one of them, or keep the last: --duplicates last",
    )


def _rows(files: Sequence[Path], columns: Columns) -> Iterator[tuple[Path, int, list[str]]]:
    def of_file(path: Path) -> Iterator[tuple[Path, int, list[str]]]:
        delimiter, _, start = _layout(path, columns)
        for number, line in numbered_lines(path):
            if number >= start:
                yield path, number, fields_of(line, delimiter)

    return chain.from_iterable(map(of_file, files))
