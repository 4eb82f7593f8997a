"""What ``--list`` shows: the choices of each option, and the options of each choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from xaitool.cli.help.page import columns

Record = Mapping[str, Any]
"""As `workflows.catalogue.records` has it."""


def listing(records: Iterable[Record], width: int) -> Iterator[str]:
    """Lines for people, below a heading for each option and, of metrics, each kind of artifact."""
    for number, (heading, group) in enumerate(groupby(records, _heading)):
        if number:
            yield ""
        yield heading
        for record in group:
            yield from columns([(record["name"], _about(record))], width)
            yield from columns(map(_option, record.get("options", ())), width, indent=4)


def _heading(record: Record) -> str:
    artifact = record.get("artifact")
    return f"{record['option']} ({artifact}):" if artifact else f"{record['option']}:"


def _about(record: Record) -> str:
    parts = [record["summary"], _flags(record.get("values", {}))]
    text = ": ".join(filter(None, parts))
    facts = [
        record.get("source"),
        record.get("baseline") and f"baseline {record['baseline']}",
        record.get("score") and f"score {record['score']}",
        record.get("class_weights") and "takes class weights",
        record.get("warm_up") and "begins with cross-entropy",
        record.get("unasked") and _unasked(record),
    ]
    told = "; ".join(fact for fact in facts if fact)
    return f"{text} ({told})" if told else text


def _unasked(record: Record) -> str:
    return "measured unasked" + (" of several runs" if record.get("compares") else "")


def _option(option: Record) -> tuple[str, str]:
    allowed = f" [{option['allowed']}]" if option["allowed"] else ""
    return option["name"] + _default(option["default"]), option["help"] + allowed


def _default(value: Any) -> str:
    return "" if value in (None, "", []) else f"={_plain(value)}"


def _flags(values: Mapping[str, Any]) -> str:
    """What one would type for these values."""
    return " ".join(
        "--" + name.replace("_", "-") + ("" if value is True else f" {_plain(value)}")
        for name, value in values.items()
    )


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
