"""What ``--list`` prints: what a command chooses from, and the options of each choice.

The options of a method, a loss and their like are declared in its own file, which imports torch.
What those files say is therefore also kept in `KEPT`, which ``python -m tests.manual_tables
--write`` renews, so that lists and completions come at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from xaitool import registry
from xaitool.options import OptionField, Options, option_fields, range_text
from xaitool.options.order import listed_fields

KEPT = Path(__file__).parent / "catalogue.json"

WITH_OPTIONS = ("method", "baseline", "guidance", "loss", "objective", "attack", "base")
"""Kinds of the registry whose things have `Options`."""

DATA = ("dataset", "ratings")


def kind_of(option: OptionField) -> str:
    """The kind of registered things that an option names; empty where it names none."""
    names = {*option.facts.choices, *option.facts.completions}
    return next((kind for kind in registry.KINDS if names.issuperset(registry.names(kind))), "")


def is_listed(option: OptionField) -> bool:
    """Whether ``--list`` says what may be chosen for an option."""
    return bool(
        kind_of(option)
        or isinstance(option.facts.choices, Mapping)
        or option.name in ("preset", "amcf_option")
    )


def records(config_class: type[Options]) -> Iterator[dict[str, Any]]:
    """A record for each thing that a command chooses from; its data come last.

    Args:
        config_class: The command's options.

    Yields:
        ``option`` (the flag), ``kind``, ``name`` and ``summary``. Of what is registered ``source``,
        and where it has options of its own ``options``: a list of ``name``, ``default``,
        ``allowed`` (in words, empty when free) and ``help``. Of a method ``baseline`` (its default
        one, None where it takes none) and ``score`` (its default); of a loss ``class_weights``
        (whether it takes them) and ``warm_up`` (whether it begins with cross-entropy); of a metric
        ``artifact`` (what it measures), ``unasked`` (whether it does so where no metric is
        named) and ``compares`` (several runs, unasked of these only); of a preset ``values``:
        option to value.
    """
    listed = [one for one in listed_fields(config_class) if is_listed(one)]
    for option in sorted(listed, key=lambda one: kind_of(one) in DATA):
        for record in _choices(option, config_class):
            yield {"option": option.flag, **record}


def _choices(option: OptionField, config_class: type[Options]) -> Iterator[dict[str, Any]]:
    kind, told = kind_of(option), option.facts.choices
    if kind == "metric":
        yield from _metrics()
    elif kind:
        for name in registry.names(kind):
            yield _registered(kind, name)
    elif option.name == "amcf_option":
        about = {"kind": "amcf", "name": "amcf", "summary": "what explains the ratings"}
        yield {**about, **_kept()["amcf"]["amcf"]}
    else:
        for name in told:
            summary = told[name] if isinstance(told, Mapping) else ""
            record = {"kind": option.name, "name": name, "summary": summary}
            values = {"values": config_class.presets[name]} if option.name == "preset" else {}
            yield record | values


def _registered(kind: str, name: str) -> dict[str, Any]:
    entry = registry.entry(kind, name)
    about = {"kind": kind, "name": name, "summary": entry.summary, "source": entry.source}
    return {**about, **_kept().get(kind, {}).get(name, {})}


def _metrics() -> Iterator[dict[str, Any]]:
    for artifact, metrics in registry.METRICS_OF.items():
        for name, metric in metrics.items():
            yield {
                "kind": "metric",
                "artifact": artifact,
                "name": name,
                "summary": metric.summary,
                "source": metric.source,
                "unasked": metric.unasked,
                "compares": metric.compares,
            }


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
    for kind in DATA:
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
