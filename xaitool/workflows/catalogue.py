"""What ``--list`` prints: what a command chooses from, and the options of each choice.

The options of a method, a loss and their like are declared in its own file, which imports torch.
What those files say is therefore also kept in `KEPT`, which ``python -m tests.manual_tables
--write`` renews, so that completions come at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from xaitool import registry
from xaitool.options import OptionField, Options, option_fields, range_text
from xaitool.workflows.configs.presets import CLASSIFIERS

KEPT = Path(__file__).parent / "catalogue.json"

WITH_OPTIONS = ("method", "baseline", "guidance", "loss", "objective", "attack", "base")
"""Kinds of the registry whose things have `Options`."""


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


def options_of(kind: str) -> dict[str, list[dict[str, Any]]]:
    """The options of each thing of a kind, or of AMCF, as records have them; from `KEPT` alone."""
    return {name: told["options"] for name, told in _kept().get(kind, {}).items()}


def takes_baseline(method: str) -> bool:
    """Whether a method of this name is known to want one; from `KEPT` alone."""
    return _kept()["method"].get(method, {}).get("baseline") is not None


@cache
def _kept() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(KEPT.read_text("utf-8"))
    return found


def kept_text() -> str:
    """What `KEPT` should hold."""
    told = {
        kind: {name: described(kind, name) for name in registry.names(kind)}
        for kind in WITH_OPTIONS
    }
    for kind in ("dataset", "ratings"):
        targets = {name: entry.options for name, entry in registry.KINDS[kind].items()}
        told[kind] = {name: _told_by(target) for name, target in targets.items() if target}
    told["amcf"] = {"amcf": _told_by("core.recommenders.aspects.amcf:AmcfOptions")}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def described(kind: str, name: str) -> dict[str, Any]:
    """What a registered thing says of itself."""
    thing = registry.load(kind, name)
    facts: dict[str, Any] = {}
    if kind == "method":
        default = thing.default_baseline if thing.needs_baseline else None
        facts = {"baseline": default, "score": thing.default_output}
    if kind == "loss":
        facts = {"class_weights": thing.weighted, "warm_up": thing.warm_up}
    return facts | {"options": _options(thing.Options)}


def _told_by(target: str) -> dict[str, Any]:
    return {"options": _options(registry.load_target(target))}


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
