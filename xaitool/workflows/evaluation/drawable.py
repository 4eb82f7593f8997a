"""Rows of metrics, as pictures are drawn of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xaitool.registry.entry import Drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = dict[str, Any]


class DrawableRow(dict[str, Any]):
    """A row, and what a picture of it shows beside its values.

    Attributes:
        drawn: By name; no part of the row.
    """

    def __init__(self, values: Row, **drawn: Any) -> None:
        super().__init__(values)
        self.drawn = drawn


Draw = Callable[[Sequence[Row], Mapping[str, str], Drawing], "Figure | None"]
"""From rows of a metric, the name of each source in them, and the drawing to a figure; None where
there is nothing to draw."""


def short_names(rows: Sequence[Row]) -> dict[str, str]:
    """Each source to its name, or its path where two of them have the same name."""
    sources = list(dict.fromkeys(str(row["source"]) for row in rows))
    names = [Path(source).name for source in sources]
    return {
        source: name if names.count(name) == 1 else source
        for source, name in zip(sources, names, strict=True)
    }


def heading(what: str, names: Mapping[str, str]) -> str:
    """A title: what is seen, and of what, where that is a single artifact."""
    return f"{what} ({next(iter(names.values()))})" if len(names) == 1 else what


_WORDS = {"rmse": "RMSE", "mae": "MAE", "ndcg": "NDCG", "score_s": "reasons"}
_PARTS = re.compile("-(random|popularity|general|warm|cold-user|cold-item)$")
_ASPECTS = re.compile(r"^([tb])(\d)@(\d)")


def in_words(text: str) -> str:
    """What rows call a quantity or a part, as people say it.

    Example:
        >>> from xaitool.workflows.evaluation.drawable import in_words
        >>> in_words("recall@10-random"), in_words("t1@3"), in_words("worst_group")
        ('recall at 10 (random)', 'top 1 in top 3', 'worst group')
    """
    text = _PARTS.sub(lambda part: f" ({part[1].replace('-', ' ')})", text)
    if match := _ASPECTS.match(text):
        end = "top" if match[1] == "t" else "bottom"
        text = f"{end} {match[2]} in {end} {match[3]}{text[match.end() :]}"
    for name, words in _WORDS.items():
        text = re.sub(rf"^{name}\b", words, text)
    return text.replace("@", " at ").replace("_", " ")
