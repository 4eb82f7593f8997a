"""Rows of ``evaluate`` as tables: one a metric, with a column for each artifact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xaitool.cli.tables.by_method import by_method
from xaitool.cli.tables.confusion import confusion_lines, has_matrix
from xaitool.cli.tables.fields import number_mappings, said
from xaitool.cli.tables.measurement import Measurement
from xaitool.cli.tables.names import differing
from xaitool.cli.tables.page import Page

Row = Mapping[str, Any]


def result_lines(rows: Sequence[Row], page: Page) -> Iterator[str]:
    """Tables of what `evaluate` returns, with an empty line between them.

    Args:
        rows: With ``metric``, ``value``, ``n``, ``source`` and what else the metric says.
        page: Where they are shown.
    """
    for number, together in enumerate(_tables(_short(rows), page)):
        yield from [""] * (number > 0)
        confusion = together[0]["metric"] == "confusion"
        yield from (
            confusion_lines(together, page)
            if confusion
            else Measurement(by_method(together), page).lines()
        )


def _short(rows: Sequence[Row]) -> list[Row]:
    """Artifacts by what differs between their paths; one that was attacked itself is not named."""
    sources = list(dict.fromkeys(row["source"] for row in rows))
    names: dict[str | None, str] = dict(zip(sources, differing(sources), strict=True))
    short: list[Row] = []
    for row in rows:
        made_on = row.get("made_on")
        other = None if made_on == row["source"] else names.get(made_on, made_on)
        short.append({**row, "source": names[row["source"]], "made_on": other})
    return short


def _tables(rows: Sequence[Row], page: Page) -> Iterator[list[Row]]:
    """The rows of each table: of a metric, or of neighbours with one row an artifact."""
    of_metric: dict[str, list[Row]] = {}
    for row in rows:
        of_metric.setdefault(row["metric"], []).append(row)
    _leave_out_repeated(of_metric, page)
    joined: list[Row] = []
    for own in of_metric.values():
        if joined and _join(joined, own):
            joined += own
            continue
        if joined:
            yield joined
        joined = own
    if joined:
        yield joined


def _join(rows: Sequence[Row], more: Sequence[Row]) -> bool:
    names, other = set(said(rows)), set(said(more))
    return _is_single(rows) and _is_single(more) and (names <= other or other <= names)


def _is_single(rows: Sequence[Row]) -> bool:
    """Whether each metric has at most one row an artifact, of one figure."""
    places = [(row["metric"], row["source"]) for row in rows]
    return len(set(places)) == len(places) and not number_mappings(rows)


def _leave_out_repeated(of_metric: dict[str, list[Row]], page: Page) -> None:
    """Accuracies by class, where they stand beside the confusion matrix."""
    confusion, accuracy = of_metric.get("confusion", []), of_metric.get("accuracy", [])
    if len({row["source"] for row in (*confusion, *accuracy)}) == 1 and has_matrix(confusion, page):
        of_metric.update(accuracy=[{**row, "per_class": None} for row in accuracy])
