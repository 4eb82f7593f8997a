"""The names that programs read from our output: more may come, none may go."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path


def missing(found: Iterable[str], file: str, part: str) -> set[str]:
    """The documented names that are not there."""
    documented = json.loads((Path(__file__).parent / f"{file}.json").read_text())[part]
    return set(documented) - set(found)
