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
