"""What a terminal can show."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    """What tables are laid out for.

    Attributes:
        width: Columns that a line may have.
        ascii: Whether signs such as ``±`` are replaced.
    """

    width: int = 80
    ascii: bool = False

    @property
    def plus_minus(self) -> str:
        """What stands before a standard deviation."""
        return "+-" if self.ascii else "±"

    @property
    def nothing(self) -> str:
        """A count of 0 where most are."""
        return "." if self.ascii else "·"
