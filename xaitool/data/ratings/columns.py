"""Which column of a file is what: by its name where the first line has names, else by its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from xaitool.data.ratings.values import is_decimal
from xaitool.errors import DataError

Role = Literal["user", "item", "rating", "time"]

_ITEMS = (
    "item movie film show product book song track album artist game app anime recipe restaurant "
    "business place joke article"
)
_SPELLINGS: dict[Role, str] = {
    "user": "user userid uid customer customerid reviewer reviewerid member memberid",
    "item": " ".join(f"{noun} {noun}id" for noun in _ITEMS.split()) + " iid asin parentasin isbn",
    "rating": "rating ratings rate score stars star starrating overall userrating bookrating",
    "time": "timestamp time date datetime ts unixtime unixtimestamp unixreviewtime ratedat",
}
_ROLES = {name: role for role, names in _SPELLINGS.items() for name in names.split()}
EXAMPLES: dict[Role, str] = {
    "user": "user, user_id, userId, uid, customer_id or reviewerID",
    "item": "item, item_id, iid, movieId, product_id, book_id, asin or the like",
    "rating": "rating, score, stars or overall",
    "time": "timestamp, time or date",
}
"""What a column may be called, for hints."""

# What pandas calls a column of row numbers.
_NAMELESS = re.compile(r"(unnamed\d*|index|)")


def spelling(name: str) -> str:
    """A column's name without case, ``_``, ``-``, blanks, and RecBole's ``:token``."""
    return re.sub(r"[\W_]", "", name.partition(":")[0].casefold())


def role_of(name: str) -> Role | None:
    """What a column of this name is in a file of ratings; None: nothing that is known."""
    return _ROLES.get(spelling(name))


def is_row_number(name: str) -> bool:
    """Whether a column is called as pandas calls that of row numbers."""
    return _NAMELESS.fullmatch(spelling(name)) is not None


@dataclass(frozen=True)
class Columns:
    """Which field of a line is what.

    Attributes:
        names: All fields in order.
        required: How many of them every line has at least.
        user: Which is the user.
        item: Which is the item.
        rating: Which is the rating.
        time: Which is the time stamp; None: there is none.
    """

    names: tuple[str, ...] = ("user", "item", "rating", "timestamp")
    required: int = 3
    user: int = 0
    item: int = 1
    rating: int = 2
    time: int | None = 3

    @property
    def text(self) -> str:
        """Such as ``user, item, rating[, timestamp]``."""
        extra = "".join(f"[, {name}]" for name in self.names[self.required :])
        return ", ".join(self.names[: self.required]) + extra

    @property
    def unread(self) -> tuple[str, ...]:
        """The names of columns that nothing reads, but for row numbers."""
        read = (self.user, self.item, self.rating, self.time)
        return tuple(
            name
            for place, name in enumerate(self.names)
            if place not in read and not is_row_number(name)
        )


def named_columns(fields: Sequence[str], path: Path, number: int) -> Columns | None:
    """What the first line of a file of ratings says of its columns, whatever their order.

    It is a header where it has a name that is known, but no rating in its place; so a first line
    of data is none, and a line that names a user's column is one.

    Args:
        fields: Of the line.
        path: The file, for messages.
        number: The line's, for messages.

    Returns:
        None where it is no header.

    Raises:
        DataError: A header names no user, item or rating, or one of them twice.
    """
    roles = [role_of(name) for name in fields]
    rated = len(fields) > Columns.rating and is_decimal(fields[Columns.rating])
    if not any(roles) or (rated and "user" not in roles):
        return None
    wanted: tuple[Role, ...] = ("user", "item", "rating", "time")
    places = {
        role: only_place(role, EXAMPLES[role], fields, found, f"line {number} of '{path}'")
        for role in wanted
        if (found := [place for place, other in enumerate(roles) if other == role])
        or role != "time"
    }
    return Columns(
        tuple(fields),
        len(fields),
        places["user"],
        places["item"],
        places["rating"],
        places.get("time"),
    )


def only_place(
    role: str, examples: str, fields: Iterable[str], places: Sequence[int], where: str
) -> int:
    """The only place of a column.

    Raises:
        DataError: It is named nowhere, or twice.
    """
    if len(places) == 1:
        return places[0]
    times = "twice" if places else "in no column"
    raise DataError(
        f"{where} has the columns {', '.join(fields)}, which name the {role} {times}, but one "
        "column is wanted",
        hint=f"the {role}'s column may be called {examples}",
    )
