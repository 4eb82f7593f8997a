"""The log of a run's numbers: JSON Lines, only ever appended to."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TypeAlias, TypedDict

from xaitool.errors import ArtifactError
from xaitool.io.atomic import finite, write_text
from xaitool.io.folders import is_stream
from xaitool.io.plain import Count, Finite, checked, parse_json

# A table is of parts by their names, such as the weights of groups.
Figure: TypeAlias = Finite | bool | str | dict[str, Finite | None] | None


class Place(TypedDict, total=False):
    """Where in the run an entry was written."""

    epoch: Count
    step: Count


class MetricsLog:
    """One JSON object a line; NaN and infinity are null.

    Args:
        path: The file; made by the first `append`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entry: dict[str, Any]) -> None:
        """Add one line, in one write, so that a reader sees it whole; a link is not followed."""
        line = json.dumps(finite(entry), ensure_ascii=False) + "\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(self.path, flags, 0o666), "ab") as file:
            file.write(line.encode("utf-8", "backslashreplace"))
            file.flush()
            # Before a checkpoint that is later: a machine that fails must not lose the line alone.
            os.fsync(file.fileno())

    def read(self) -> list[dict[str, Any]]:
        """All entries; a last line that a killed writer left torn is not one.

        Raises:
            ArtifactError: It is no file, or another line is no JSON object of numbers, texts and
                tables of numbers.
        """
        if not self.path.exists():
            return []
        if is_stream(self.path):
            raise ArtifactError(f"{self.path} is a pipe or a device, but a file is wanted")
        *whole, _torn = self.path.read_bytes().split(b"\n")
        return [self._parse(number, line) for number, line in enumerate(whole, start=1)]

    def truncate_after(self, epoch: int, step: int) -> None:
        """Drop entries later than a checkpoint, and a torn last line, so that no step is twice.

        Args:
            epoch: Entries with a greater ``epoch`` go.
            step: Entries with a greater ``step`` go.
        """
        kept = [
            json.dumps(entry, ensure_ascii=False) + "\n"
            for entry in self.read()
            if entry.get("epoch", 0) <= epoch and entry.get("step", 0) <= step
        ]
        write_text(self.path, "".join(kept))

    def _parse(self, number: int, line: bytes) -> dict[str, Any]:
        where = f"{self.path} line {number}"
        entry = parse_json(line, where)
        checked(entry, Place, where)
        return checked(entry, dict[str, Figure], where)
