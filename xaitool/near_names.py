"""What was meant by a name that does not exist: of an option, a choice, a command, a film."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from heapq import nlargest, nsmallest

UNDERSTOOD = {
    "lr": "learning-rate",
    "optimizer": "optimiser",
    "output": "out",
    "output-dir": "out",
}
"""Spellings of options that people bring from other tools, taken for ours: no option has them."""

SUGGESTED = {
    "algorithm": "base",
    "batchsize": "batch-size",
    "checkpoint": "model",
    "cpu": "device cpu",
    "cuda": "device cuda",
    "force": "overwrite",
    "gpu": "device cuda",
    "jobs": "workers",
    "k": "number",
    "m": "method",
    "model": "architecture",
    "n": "number",
    "number": "top",
    "pretrained": "weights torchvision",
    "random-seed": "seed",
    "save-dir": "out",
    "threads": "workers",
    "top": "number",
    "top-k": "number",
    "verbose": "log-every 1",
    "wgan-gp": "wasserstein-gp",
    "xent": "cross-entropy",
}
"""Others, which mean something else, want a value of their own or are another command's: only
suggested."""

_COMPARED = 200
_MOST_WORDS = 5
_ALIKE = 0.65  # of difflib's ratio, so that dropout is not out


def usual_spelling(name: str) -> str:
    """An option's name as we write it: ``batch_size`` and ``lr`` mean what people mean by them."""
    name = name.replace("_", "-")
    return UNDERSTOOD.get(name, name)


def near_names(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names that may be meant, the likeliest first.

    First what the tables above say; then what differs in hyphens alone; then names that begin with
    `name` or whose words' first letters it is (``ce``: cross-entropy), shortest first; then those
    that contain it; then those that are spelt like it. Neither letter case, the order of words nor
    a year at the end matters for what is spelt alike, so that ``The Matrix`` finds ``Matrix, The
    (1999)``. Only the 200 names that share most runs of three letters with `name` are compared
    closely: 60,000 titles take a fraction of a second.

    Args:
        name: What was asked for.
        known: What there is; equal names count once.
        count: How many are wanted at most.
    """
    folded = {one.casefold(): one for one in known}
    wanted = name.strip().casefold()
    if not wanted:
        return []
    meant = {**SUGGESTED, **UNDERSTOOD}.get(wanted.replace("_", "-"), "")
    found = [
        *(one for one in folded if one.replace("_", "-") == meant),
        *(one for one in folded if _together(one) == _together(wanted)),
        *nsmallest(count, (one for one in folded if _shortens(wanted, one)), key=len),
        *nsmallest(count, (one for one in folded if wanted in one), key=len),
        *_spelt_alike(wanted, folded, count),
    ]
    return [folded[one] for one in dict.fromkeys(found)][:count]


def _together(name: str) -> str:
    return name.replace("-", "").replace("_", "")


def _shortens(wanted: str, one: str) -> bool:
    """Whether it is the beginning, or the first letters of the words."""
    if one.startswith(wanted):
        return True
    return len(wanted) <= _MOST_WORDS and wanted == "".join(re.findall(r"(?:\b|_)(\w)", one))


def _spelt_alike(wanted: str, folded: Iterable[str], count: int) -> list[str]:
    # Of those that are spelt alike the shortest: svd, not svd++.
    spelt = {_spelling(one): one for one in sorted(folded, key=len, reverse=True)}
    runs = _runs(_spelling(wanted))
    alike = nlargest(_COMPARED, spelt, key=lambda one: len(runs & _runs(one)))
    close = difflib.get_close_matches(_spelling(wanted), alike, count, _ALIKE)
    return [spelt[one] for one in close]


def _spelling(folded: str) -> str:
    without_year = re.sub(r"\s*\(\d{4}\)$", "", folded)
    return " ".join(sorted(re.findall(r"[^\W_]+", without_year)))


def _runs(text: str) -> set[str]:
    return {text[start : start + 3] for start in range(max(len(text) - 2, 1))}
