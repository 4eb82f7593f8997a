"""What a dry run found, as lines for people; what a file merely records is in the JSON alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xaitool.cli.help.page import Row, columns
from xaitool.options import Options
from xaitool.options.order import listed_fields

TOLD_ELSEWHERE = ("command", "options")
RECORDED = ("digest", "sha256", "versions", "_source", "_rule")
"""Ends of names."""

Plan = Mapping[str, Any]


def plan_lines(plan: Plan, config: Options, width: int) -> Iterator[str]:
    """Lines in groups: the plan, each of its parts where it has several, and the options.

    Args:
        plan: As JSON has it.
        config: The options that it was made for.
        width: Columns of the screen.
    """
    yield f"{plan['command']}, of which nothing is written yet:"
    yield from columns(_rows(plan), width)
    for part in (part for value in plan.values() if _is_parts(value) for part in value):
        title = part.get("out") or part.get("source")
        yield from ["", f"{title}:"]
        yield from columns(((name, text) for name, text in _rows(part) if text != title), width)
    yield from ["", "Options:"]
    yield from columns(_options(config), width)


def _is_parts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _rows(plan: Plan) -> Iterator[Row]:
    """What there is, in words."""
    for name, value in plan.items():
        told = not (_is_nothing(value) or _is_parts(value) or _is_left_out(name))
        if told and (text := _text(value)):
            yield name.replace("_", " "), text


def _options(config: Options) -> Iterator[Row]:
    """The main options, and all that are not what they are by default."""
    plain = config.to_dict()
    for field in listed_fields(type(config)):
        value = plain[field.name]
        is_told = field.name in config.main or getattr(config, field.name) != field.default
        if is_told and field.name != "dry_run" and not _is_nothing(value):
            unit = field.facts.unit or field.name
            yield unit if field.facts.argument else field.flag, _text(value)


def _is_left_out(name: str) -> bool:
    return name in TOLD_ELSEWHERE or name.endswith(RECORDED)


def _is_nothing(value: Any) -> bool:
    return value is False or value in (None, "", [], {})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        told = {name: one for name, one in value.items() if not _is_nothing(one)}
        return ", ".join(f"{name}={_text(one)}" for name, one in told.items())
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)
