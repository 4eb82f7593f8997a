"""The sample grids that a run wrote while it trained."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from xaitool.errors import ArtifactError

MOST_EPOCHS = 5
NAME = re.compile(r"epoch-(\d+)(?:-step-(\d+))?\.png")


@dataclass(frozen=True, order=True)
class Moment:
    """When a grid was made.

    Attributes:
        epoch: 1-based; while it was trained, or at its end.
        at_end: Whether it was at its end.
        step: Steps done; 0 at an epoch's end.
    """

    epoch: int
    at_end: bool
    step: int

    def __str__(self) -> str:
        return f"epoch {self.epoch}" if self.at_end else f"epoch {self.epoch}, step {self.step}"


def sample_files(run: Path) -> dict[Moment, Path]:
    """The grids of a run, by when they were made; files of other names are left out."""
    matches = [(NAME.fullmatch(file.name), file) for file in (run / "samples").glob("*.png")]
    return {
        Moment(int(match[1]), match[2] is None, int(match[2] or 0)): file
        for match, file in matches
        if match
    }


def chosen_moments(moments: Sequence[Moment]) -> list[Moment]:
    """A few that show how a training went.

    Args:
        moments: All there are.

    Returns:
        At most two inside epochs, the earliest and the latest, and at most five ends of epochs:
        the first, the last, and between them such that each has about the same ratio to the one
        before, because early epochs change most.
    """
    inside = sorted(moment for moment in moments if not moment.at_end)
    ends = sorted(moment for moment in moments if moment.at_end)
    return sorted({*inside[:1], *inside[-1:], *_geometric(ends)})


def read_picture(path: Path) -> Image.Image:
    """Read one.

    Raises:
        ArtifactError: It is damaged.
    """
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise ArtifactError(f"{path} is damaged, but a PNG file is wanted") from error


def _geometric(ends: Sequence[Moment]) -> list[Moment]:
    if len(ends) <= MOST_EPOCHS:
        return list(ends)
    first, last = ends[0].epoch, ends[-1].epoch
    wanted = [first * (last / first) ** (part / (MOST_EPOCHS - 1)) for part in range(MOST_EPOCHS)]
    return [min(ends, key=lambda end: abs(end.epoch - place)) for place in wanted]
