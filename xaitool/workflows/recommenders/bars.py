"""Explained ratings as bars: of text for a terminal, and as a picture."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from xaitool.report.aspect_bars import Bar, Pen, text_bars
from xaitool.report.aspect_picture import Panel, aspect_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Record = dict[str, Any]


def as_text(records: Iterable[Record], shares: bool, pen: Pen) -> Iterator[str]:
    """Records of `recommend_explain` as bars, a paragraph a pair, all to one scale.

    Args:
        records: The explained pairs.
        shares: Whether bars are shares of the preference instead of parts of the rating.
        pen: Where they are shown.
    """
    records = list(records)
    bars = _bars(records, shares)
    scale = max((abs(bar.value) for bars_of_pair in bars for bar in bars_of_pair), default=0.0)
    for number, (record, bars_of_pair) in enumerate(zip(records, bars, strict=True)):
        yield from [""] * (number > 0)
        for text in (
            f"user {record['user']}, item {record['item']}: {record['title']}",
            _sum(record),
        ):
            yield from textwrap.wrap(text, pen.width, subsequent_indent="  ")
        yield from text_bars(bars_of_pair, pen, scale)
        yield f"  the item's aspects span {record['explained_share']:.0%} of its vector"


def as_figure(records: Sequence[Record], shares: bool) -> Figure:
    """The same as panels: the paper's Figure 4 where several users rate one item."""
    items, users = ({record[part] for record in records} for part in ("item", "user"))
    if len(items) == 1:
        title = records[0]["title"]
    else:
        title = f"user {records[0]['user']}" if len(users) == 1 else ""
    panels = [
        Panel("\n".join(_heading(record, len(items) > 1, f"user {record['user']}" != title)), bars)
        for record, bars in zip(records, _bars(records, shares), strict=True)
    ]
    what = "share of the preference" if shares else "added to the predicted rating (rating points)"
    return aspect_figure(title, panels, x_label=what)


def _bars(records: Sequence[Record], shares: bool) -> list[list[Bar]]:
    """The bars of each record: the longest first, or, where several compare, by name."""
    every = []
    for record in records:
        found = (record["shares"] if shares else record["aspects"]).items()
        ordered = sorted(found) if len(records) > 1 else found
        bars = [Bar(name, value, f"{value:+.3f}") for name, value in ordered]
        if not shares:
            rest = record["unexplained"]
            bars.append(Bar("unexplained", rest, f"{rest:+.3f}", aside=True))
        every.append(bars)
    return every


def _sum(record: Record) -> str:
    signed = (
        f" {'-' if record[part] < 0 else '+'} {name} {abs(record[part]):.2f}"
        for name, part in (("user", "user_bias"), ("item", "item_bias"), ("interest", "interest"))
    )
    clipped = f", {record['raw']:.2f} before clipping," if record["raw"] != record["rating"] else ""
    return f"{_rating(record)}{clipped} = mean {record['mean']:.2f}{''.join(signed)}"


def _rating(record: Record) -> str:
    rated = "" if record["rated"] is None else f" (rated {record['rated']:g})"
    return f"rating {record['rating']:.2f}{rated}"


def _heading(record: Record, with_item: bool, with_user: bool) -> list[str]:
    lines = [f"user {record['user']}"] * with_user + [record["title"]] * with_item
    return [*lines, _rating(record)]
