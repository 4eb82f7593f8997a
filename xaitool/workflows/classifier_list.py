"""What ``train-classifier --list`` prints: losses with their options, and presets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xaitool import registry
from xaitool.options import OptionField, option_fields, range_text
from xaitool.workflows.configs.classifier_presets import PRESETS


def listed() -> Iterator[dict[str, Any]]:
    """A record for each loss and preset.

    Yields:
        ``kind`` (``loss`` or ``preset``) and ``name``. Of a loss ``summary``, ``source``,
        ``class_weights`` (whether it takes them), ``warm_up`` (whether it begins with
        cross-entropy) and ``options``: a list of ``name``, ``default``, ``allowed`` (in words,
        empty when free) and ``help``. Of a preset ``values``: option to value.
    """
    for name in registry.names("loss"):
        entry, loss = registry.entry("loss", name), registry.load("loss", name)
        plain = loss.Options().to_dict()
        options = [
            {
                "name": field.name,
                "default": plain[field.name],
                "allowed": _allowed(field),
                "help": field.facts.help,
            }
            for field in option_fields(loss.Options)
        ]
        yield {
            "kind": "loss",
            "name": name,
            "summary": entry.summary,
            "source": entry.source,
            "class_weights": loss.weighted,
            "warm_up": loss.warm_up,
            "options": options,
        }
    for name, values in PRESETS.items():
        yield {"kind": "preset", "name": name, "values": values}


def as_text(record: dict[str, Any]) -> list[str]:
    """The record of `listed` as lines for people."""
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


def _allowed(field: OptionField) -> str:
    if field.facts.choices:
        return "|".join(field.facts.choices)
    return "true|false" if field.type is bool else range_text(field.facts)


def _flag(name: str, value: Any) -> str:
    flag = "--" + name.replace("_", "-")
    if value is True:
        return flag
    return f"{flag} {','.join(map(str, value)) if isinstance(value, tuple) else value}"
