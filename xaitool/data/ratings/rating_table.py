"""Reads files of ratings, ``user,item,rating[,timestamp]`` a line, fast and strictly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xaitool.data.ratings.columns import Columns, named_columns
from xaitool.data.ratings.lines import DELIMITERS, chunks, delimiter_of, fields_of, numbered_lines
from xaitool.data.ratings.values import decimals, is_date, is_decimal, is_time, seconds
from xaitool.errors import DataError

Duplicates = Literal["error", "last"]
"""What a second rating of an item by the same user is: an error, or the one that is kept."""

Scale = tuple[float, float]

_DATES = "a date such as 2004-01-31 12:00:00"
_NO_HEADER = "a header line, such as user,item,rating, says which column is what"

SMALLEST, LARGEST = 0.01, 1e9
"""Between what the largest magnitude of ratings may lie.

Beyond, what networks begin with hides the ratings, or their squares are too large for float32.
"""


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
        unread: Columns that headers name and nothing reads.
    """

    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    users: NDArray[np.int64]
    items: NDArray[np.int64]
    values: NDArray[np.float32]
    times: NDArray[np.int64]
    dropped: int
    unread: tuple[str, ...] = ()


def read_ratings(
    files: Sequence[Path],
    *,
    scale: Scale | None = None,
    duplicates: Duplicates = "error",
    columns: Columns | None = None,
) -> RatingTable:
    """Read ratings: UTF-8 text, perhaps in a ``.gz``, delimited by what the first line has.

    That is tabs, ``::``, commas, ``;`` or blanks. Where the first line names columns (see
    `named_columns`) these are where it says, and it may have more of them; else user, item, rating
    and perhaps time stamp stand in this order. Blank lines do not count. Numbers are plain decimals
    (see `decimals`), times seconds or ISO dates, as the first one is (see `seconds`). Memory is
    what the arrays take, and a chunk of text.

    Args:
        files: Read one after the other.
        scale: Lowest and highest allowed rating; None: magnitudes up to `LARGEST`. In both cases
            one of the ratings has to reach `SMALLEST`, unless all are 0.
        duplicates: What a second rating of an item by the same user is.
        columns: Which field is what, in files whose first line is data; None: see above.

    Raises:
        DataError: A file cannot be read, or has no ratings or too small ones; its header
            contradicts; or a line, which is named, is malformed, has a rating that is no number or
            out of `scale`, or repeats another.
    """
    reader = _Reader(scale or (-LARGEST, LARGEST), columns)
    parts = [part for file in files for part in reader.parts(file)]
    if not sum(len(part.users) for part in parts):
        raise DataError(f"file '{files[0]}' has no ratings, but at least one is wanted")
    user_ids, user_ranks = _sorted(reader.users)
    item_ids, item_ranks = _sorted(reader.items)
    users = user_ranks[np.concatenate([part.users for part in parts])]
    items = item_ranks[np.concatenate([part.items for part in parts])]
    values = np.concatenate([part.values for part in parts])
    times = np.concatenate([part.times for part in parts])
    _check_magnitude(values, files[0])
    rows = _last_rows(users * len(item_ids) + items)
    if rows is None:
        return RatingTable(user_ids, item_ids, users, items, values, times, 0, reader.unread)
    if duplicates == "error":
        raise _repeated(files, columns, users * len(item_ids) + items)
    dropped = len(users) - len(rows)
    kept = (users[rows], items[rows], values[rows], times[rows])
    return RatingTable(user_ids, item_ids, *kept, dropped, reader.unread)


def _check_magnitude(values: NDArray[np.float32], path: Path) -> None:
    largest = np.abs(values).max()
    if 0 < largest < SMALLEST:
        raise DataError(
            f"file '{path}' has ratings of at most {largest:g}, but some of {SMALLEST:g} or more "
            "are wanted",
            hint="multiply them all by a number",
        )


class _Part(NamedTuple):
    """Some ratings; users and items numbered as they came."""

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    values: NDArray[np.float32]
    times: NDArray[np.int64]


class _Place(NamedTuple):
    """Where a rating stands, and whose of what it is."""

    path: Path
    number: int
    user: str
    item: str


class _Layout(NamedTuple):
    """How a file is read.

    Attributes:
        delimiter: Between fields.
        width: Fields of every line.
        start: Number of the first line of data.
        columns: Which field is what.
        is_named: Whether a header says so.
        has_dates: Whether time stamps are dates.
    """

    delimiter: str
    width: int
    start: int
    columns: Columns
    is_named: bool
    has_dates: bool

    @property
    def time(self) -> int | None:
        """Which field is the time stamp; None: there is none."""
        time = self.columns.time
        return None if time is None or time >= self.width else time


class _Reader:
    """Reads chunks by whole columns, and a chunk that has anything unusual line by line."""

    def __init__(self, scale: Scale, columns: Columns | None) -> None:
        self.users = _numbering()
        self.items = _numbering()
        self.unread: tuple[str, ...] = ()
        self._scale = scale
        self._columns = columns

    def parts(self, path: Path) -> Iterator[_Part]:
        layout = _layout(path, self._columns)
        if layout.is_named:
            self.unread = tuple(dict.fromkeys((*self.unread, *layout.columns.unread)))
        for start, lines in chunks(path, start=layout.start):
            try:
                part = self._converted(_split(lines, layout), layout)
            except (ValueError, OverflowError):
                rows = list(self._checked_rows(path, start, lines, layout))
                part = self._converted(
                    [[row[column] for row in rows] for column in range(layout.width)], layout
                )
            yield part

    def _converted(self, fields: list[list[str]], layout: _Layout) -> _Part:
        columns, count = layout.columns, len(fields[0])
        values = decimals(fields[columns.rating])
        low, high = self._scale
        if not ((low <= values) & (values <= high)).all():
            raise ValueError
        times = np.zeros(count, np.int64)
        if layout.time is not None:
            times = seconds(fields[layout.time], dates=layout.has_dates)
        users = np.fromiter(map(self.users.__getitem__, fields[columns.user]), np.int32, count)
        items = np.fromiter(map(self.items.__getitem__, fields[columns.item]), np.int32, count)
        if "" in self.users or "" in self.items:
            raise ValueError
        return _Part(users, items, values.astype(np.float32), times)

    def _checked_rows(
        self, path: Path, start: int, lines: list[str], layout: _Layout
    ) -> Iterator[list[str]]:
        for number, line in enumerate(lines, start):
            if not line.isspace():
                row = fields_of(line, layout.delimiter)
                if fault := self._fault(row, layout):
                    may_be_header = number == layout.start and not any(map(is_decimal, row))
                    raise DataError(
                        f"line {number} of '{path}' has {fault} wanted",
                        hint=_NO_HEADER if may_be_header and not layout.is_named else None,
                    )
                yield row

    def _fault(self, row: list[str], layout: _Layout) -> str | None:
        columns = layout.columns
        if len(row) != layout.width:
            return f"{_fields(len(row))}, but {layout.width} ({columns.text}) are"
        for name, place in (("user", columns.user), ("item", columns.item)):
            if not row[place]:
                return f"an empty {name}, but one is"
        rating, (low, high) = row[columns.rating], self._scale
        if not is_decimal(rating):
            return f"rating '{rating}', but a number is"
        if not low <= float(rating) <= high:
            return f"rating {rating}, but {low:g} to {high:g} is"
        if layout.time is not None and not is_time(row[layout.time], dates=layout.has_dates):
            seconds_or_dates = f"seconds, or {_DATES} in every line, are"
            wanted = f"{_DATES} is" if layout.has_dates else seconds_or_dates
            return f"timestamp '{row[layout.time]}', but {wanted}"
        return None


def _numbering() -> dict[str, int]:
    numbers: defaultdict[str, int] = defaultdict()
    # A new key gets the count of those before it.
    numbers.default_factory = numbers.__len__
    return numbers


def _split(lines: list[str], layout: _Layout) -> list[list[str]]:
    """The fields by column; ValueError where a line has quotes or too few fields."""
    delimiter, width = layout.delimiter, layout.width
    text = "".join(lines)
    if '"' in text or delimiter == " ":
        raise ValueError
    # Each line's end becomes a field of its own, which has to follow `width` others every time.
    fields = text.rstrip("\n").replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
    step = width + 1
    if len(fields) != len(lines) * step - 1 or set(fields[width::step]) - {"\n"}:
        raise ValueError
    if " " in text:
        fields = list(map(str.strip, fields))
    return [fields[column::step] for column in range(width)]


def _layout(path: Path, columns: Columns | None) -> _Layout:
    """How a file is read, from its header and its first line of data."""
    lines = numbered_lines(path)
    number, line = next(lines, (0, ""))
    if not number:
        raise DataError(f"file '{path}' is empty, but ratings are wanted")
    delimiter = delimiter_of(line)
    fields = fields_of(line, delimiter)
    named = None if columns else named_columns(fields, path, number)
    hint = None if columns else _NO_HEADER
    columns = named or columns or Columns()
    width = len(fields)
    if not columns.required <= width <= len(columns.names):
        raise DataError(
            f"line {number} of '{path}' has {_fields(width)}, but {columns.text} are wanted, "
            f"delimited by {DELIMITERS}",
            hint=hint,
        )
    if named:
        number, line = next(lines, (number + 1, ""))
        fields = fields_of(line, delimiter)
    time = columns.time
    has_dates = time is not None and time < len(fields) and is_date(fields[time])
    return _Layout(delimiter, width, number, columns, named is not None, has_dates)


def _fields(count: int) -> str:
    return f"{count} field{'s' * (count != 1)}"


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


def _repeated(files: Sequence[Path], columns: Columns | None, keys: NDArray[np.int64]) -> DataError:
    """The error that names the first repetition, and what it repeats."""
    order = np.argsort(keys, kind="stable")
    again = (keys[order][1:] == keys[order][:-1]).nonzero()[0]
    place = again[order[again + 1].argmin()]
    places: list[_Place] = []
    for row in (int(order[place]), int(order[place + 1])):
        places.extend(islice(_rows(files, columns), row, row + 1))
    (first_path, first, *_), (path, number, user, item) = places
    earlier = f"line {first}" + (f" of '{first_path}'" if first_path != path else "")
    return DataError(
        f"line {number} of '{path}' rates item '{item}' by user '{user}' again after {earlier}, "
        "but one rating of an item by a user is wanted",
        hint="remove one of them, or keep the last: --duplicates last",
    )


def _rows(files: Sequence[Path], columns: Columns | None) -> Iterator[_Place]:
    def of_file(path: Path) -> Iterator[_Place]:
        layout = _layout(path, columns)
        for number, line in numbered_lines(path):
            if number >= layout.start:
                row = fields_of(line, layout.delimiter)
                yield _Place(path, number, row[layout.columns.user], row[layout.columns.item])

    return chain.from_iterable(map(of_file, files))
