"""Runs that repeat one experiment with other seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from xaitool.workflows.gan_history import GanHistory

# What may differ between repeats: the seed, and what changes no result.
NO_EXPERIMENT = ("seed", "data_dir", "workers")


@dataclass(frozen=True)
class SeedGroup:
    """Runs that differ only in their seed; often a single one.

    Attributes:
        label: For people, from the names of the folders.
        source: The folders, in the shell's short form, such as ``runs/shap-{0,1}``.
        members: The runs.
    """

    label: str
    source: str
    members: tuple[GanHistory, ...]


def seed_groups(histories: Sequence[GanHistory]) -> list[SeedGroup]:
    """Put runs together whose options are equal but for the seed, in the order of the first ones.

    Args:
        histories: The runs, none of them twice.
    """
    found: dict[str, list[GanHistory]] = {}
    for history in histories:
        found.setdefault(_experiment(history), []).append(history)
    names = [history.name for history in histories]
    unique = len(set(names)) == len(names)
    return [
        SeedGroup(
            label=braced([one.name if unique else str(one.path) for one in members]),
            source=braced([str(one.path) for one in members]),
            members=tuple(members),
        )
        for members in found.values()
    ]


def braced(texts: Sequence[str]) -> str:
    """Texts as one, in the shell's brace form: ``a-1-x`` and ``a-2-x`` are ``a-{1,2}-x``.

    Numbers stay whole, so that 1 and 10 are ``{1,10}``.
    """
    if len(texts) == 1:
        return texts[0]
    start = _common_start(texts).rstrip("0123456789")
    rests = [text.removeprefix(start) for text in texts]
    end = _common_start([rest[::-1] for rest in rests])[::-1].lstrip("0123456789")
    return f"{start}{{{','.join(rest.removesuffix(end) for rest in rests)}}}{end}"


def _common_start(texts: Sequence[str]) -> str:
    places = takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))
    return "".join(letters[0] for letters in places)


def _experiment(history: GanHistory) -> str:
    options = {name: one for name, one in history.options.items() if name not in NO_EXPERIMENT}
    return json.dumps(options, sort_keys=True)
