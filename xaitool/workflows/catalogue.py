"""What ``--list`` prints: what a command chooses from, and the options of each choice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xaitool import registry
from xaitool.options import OptionField, Options, option_fields, range_text
from xaitool.workflows.configs.presets import CLASSIFIERS


def explanation_records() -> Iterator[dict[str, Any]]:
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


def explanation_lines(record: dict[str, Any]) -> list[str]:
    """A record of `explanation_records` as lines for people."""
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


def training_records() -> Iterator[dict[str, Any]]:
    """A record for each loss and preset.

    Yields:
        ``kind`` (``loss`` or ``preset``) and ``name``. Of a loss ``summary``, ``source``,
        ``class_weights`` (whether it takes them), ``warm_up`` (whether it begins with
        cross-entropy) and ``options``: a list of ``name``, ``default``, ``allowed`` (in words,
        empty when free) and ``help``. Of a preset ``values``: option to value.
    """
    for name in registry.names("loss"):
        entry, loss = registry.entry("loss", name), registry.load("loss", name)
        yield {
            "kind": "loss",
            "name": name,
            "summary": entry.summary,
            "source": entry.source,
            "class_weights": loss.weighted,
            "warm_up": loss.warm_up,
            "options": _options(loss.Options),
        }
    for name, values in CLASSIFIERS.items():
        yield {"kind": "preset", "name": name, "values": values}


def training_lines(record: dict[str, Any]) -> list[str]:
    """A record of `training_records` as lines for people."""
    if record["kind"] == "preset":
        flags = " ".join(_flag(name, value) for name, value in record["values"].items())
        return [f"preset {record['name']}: {flags}"]
    facts = {"takes class weights": "class_weights", "begins with cross-entropy": "warm_up"}
    told = "".join(f"; {text}" for text, key in facts.items() if record[key])
    lines = [f"loss {record['name']}: {record['summary']} ({record['source']}){told}"]
    for one in record["options"]:
        allowed = f" [{one['allowed']}]" if one["allowed"] else ""
        default = str(one["default"]).lower()
        lines.append(f"    {one['name']}={default}{allowed}  {one['help']}")
    return lines


def _flag(name: str, value: Any) -> str:
    flag = "--" + name.replace("_", "-")
    if value is True:
        return flag
    return f"{flag} {','.join(map(str, value)) if isinstance(value, tuple) else value}"
