"""What ``explain --list`` prints: methods, baselines, and the options of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xaitool import registry
from xaitool.options import OptionField, Options, option_fields, range_text


def listed() -> Iterator[dict[str, Any]]:
    """A record for each method and baseline.

    Yields:
        ``kind`` (``method`` or ``baseline``), ``name``, ``summary``, ``source``, ``baseline`` (the
        method's default one, None where it takes none; absent for a baseline), ``score`` (the
        method's default; same), and ``options``: a list of ``name``, ``default``, ``allowed`` (in
        words, empty when free) and ``help``.
    """
    for kind in ("method", "baseline"):
        for name in registry.names(kind):
            entry, thing = registry.entry(kind, name), registry.load(kind, name)
            facts: dict[str, Any] = {
                "kind": kind,
                "name": name,
                "summary": entry.summary,
                "source": entry.source,
            }
            if kind == "method":
                default = thing.default_baseline if thing.needs_baseline else None
                facts |= {"baseline": default, "score": thing.default_output}
            yield facts | {"options": _options(thing.Options)}


def as_text(record: dict[str, Any]) -> list[str]:
    """The record of `listed` as lines for people."""
    defaults = [
        f"{name} {record[name]}" for name in ("baseline", "score") if record.get(name) is not None
    ]
    by_default = f"; by default: {', '.join(defaults)}" if defaults else ""
    lines = [
        f"{record['kind']} {record['name']}: {record['summary']} ({record['source']}){by_default}"
    ]
    for one in record["options"]:
        allowed = f" [{one['allowed']}]" if one["allowed"] else ""
        lines.append(f"    {one['name']}{_shown(one['default'])}{allowed}  {one['help']}")
    return lines


def _options(kind: type[Options]) -> list[dict[str, Any]]:
    plain = kind().to_dict()
    return [
        {
            "name": field.name,
            "default": plain[field.name],
            "allowed": _allowed(field),
            "help": field.facts.help,
        }
        for field in option_fields(kind)
    ]


def _allowed(field: OptionField) -> str:
    if field.facts.choices:
        return "|".join(field.facts.choices)
    return "true|false" if field.type is bool else range_text(field.facts)


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return f"={default}".lower()
    if isinstance(default, list):
        default = ",".join(map(str, default))
    return "" if default in (None, "") else f"={default}"
