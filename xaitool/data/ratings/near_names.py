"""Names that are like a name that does not exist, among very many."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from heapq import nlargest, nsmallest

_COMPARED = 200


def near_names(name: str, known: Sequence[str], count: int = 3) -> list[str]:
    """The known names that contain `name`, shortest first; then those that are spelt like it.

    Neither letter case, the order of words nor a year at the end matters for what is spelt alike,
    so that ``The Matrix`` finds ``Matrix, The (1999)``. Only the 200 names that share most runs of
    three letters with `name` are compared closely: 60,000 titles take a fraction of a second.

    Args:
        name: What was asked for.
        known: What there is; equal names count once.
        count: How many are wanted at most.
    """
    folded = {one.casefold(): one for one in known}
    wanted = name.strip().casefold()
    if not wanted:
        return []
    containing = nsmallest(count, (one for one in folded if wanted in one), key=len)
    spelt = {_spelling(one): one for one in folded}
    runs = _runs(_spelling(wanted))
    alike = nlargest(_COMPARED, spelt, key=lambda one: len(runs & _runs(one)))
    close = difflib.get_close_matches(_spelling(wanted), alike, n=count)
    return [folded[one] for one in dict.fromkeys([*containing, *map(spelt.__getitem__, close)])][
        :count
    ]


def _spelling(folded: str) -> str:
    without_year = re.sub(r"\s*\(\d{4}\)$", "", folded)
    return " ".join(sorted(re.findall(r"\w+", without_year)))


def _runs(text: str) -> set[str]:
    return {text[start : start + 3] for start in range(max(len(text) - 2, 1))}
