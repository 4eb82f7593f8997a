"""What reads some of a command's options, where not every run has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reader:
    """A part of a command, and the options that nothing else reads.

    Attributes:
        name: What brings it into a run, such as ``--schedule steps``.
        takes_part: Whether it is in a run of these options.
        reads: Names of the options.
    """

    name: str
    takes_part: Callable[[Any], bool]
    reads: tuple[str, ...]
