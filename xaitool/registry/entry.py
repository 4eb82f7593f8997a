"""What the registry knows of a name."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One named thing.

    Attributes:
        target: ``module:name``, relative to the package ``xaitool``.
        summary: One line for people.
        source: Paper or origin.
    """

    target: str
    summary: str
    source: str

    def beside(self, other: Entry) -> Entry:
        """This one, with the summary and source of another of the same name."""
        return self._replace(
            summary=f"{self.summary}, or {other.summary}", source=f"{self.source}; {other.source}"
        )
