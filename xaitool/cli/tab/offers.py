"""What TAB offers as an option's value: names, what follows them, their options, and paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from xaitool import registry
from xaitool.options import OptionField, Options, option_fields
from xaitool.registry.torchvision_networks import NETWORKS
from xaitool.workflows.catalogue import kind_of, options_of, takes_baseline

Known = Mapping[str, Any]
"""An option as `catalogue` describes it: ``name``, ``default``, ``allowed`` and ``help``."""

Given = Callable[[str], tuple[str, ...]]
"""From an option's name to the values that it has been given so far, on the line or by a preset."""

NO_PATHS, FOLDERS, FILES = "none", "folders", "files"

# What stands for a path in an option's unit, or after a registered name, to what is offered:
# `FOLDERS`, `FILES`, or endings of files, beside which folders are offered, too.
PATHS = {
    "ARTIFACTS": "pt pt2 h5 hdf5 partial",
    "CHECKPOINT": "pt",
    "CVAE": "pt",
    "FILE": FILES,
    "FOLDER": FOLDERS,
    "IMAGES": FILES,
    "MODEL": "pt pt2",
    "PATH": FILES,
    "RUN": "pt",
}

# Options that are NAME=VALUE: whose options these are, and which option names the ones in use.
ASSIGNMENTS = {
    "method_option": ("method", "method"),
    "baseline_option": ("baseline", "baseline"),
    "attack_option": ("attack", "attack"),
    "loss_option": ("loss", "loss"),
    "objective_option": ("objective", "objective"),
    "xai_option": ("guidance", "xai"),
    "base_option": ("base", "base"),
    "amcf_option": ("amcf", ""),
}
# Where several may be in use, METHOD.NAME=VALUE is for one.
SCOPED = ("method", "baseline", "attack")


@dataclass(frozen=True)
class Offer:
    """What may stand in place of a word.

    Attributes:
        values: Value to what is said of it; empty where nothing is.
        prefix: The beginning of the word, which stays and which the values are without.
        paths: `NO_PATHS`, or what else is offered as in `PATHS`.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    paths: str = NO_PATHS

    def after(self, prefix: str) -> Offer:
        """The same, behind a longer prefix."""
        return replace(self, prefix=prefix + self.prefix)


def offer(option: OptionField, config_class: type[Options], word: str, given: Given) -> Offer:
    """What may stand in place of a word that is a value of an option.

    Args:
        option: The option.
        config_class: The command's options.
        word: The beginning of the value; what is offered need not begin with it.
        given: What other options have been given.
    """
    if option.name in ASSIGNMENTS:
        return _assignment(*ASSIGNMENTS[option.name], word, given)
    if option.name == "metric":
        return Offer(_metrics(given("artifacts")))
    if option.name == "pair":
        return _pair(config_class, word)
    if option.name == "preset":
        return Offer({name: _preset(values) for name, values in config_class.presets.items()})
    if option.many and not option.facts.repeated:
        return _listed(option, word)
    return _value(option, word)


def _pair(config_class: type[Options], word: str) -> Offer:
    """Methods, with an @ where a baseline has to follow, and behind it the baselines."""
    options = {field.name: field for field in option_fields(config_class)}
    method, at, baseline = word.partition("@")
    if at:
        return _value(options["baseline"], baseline).after(f"{method}@")
    methods = _described(options["method"])
    return Offer(
        {f"{name}@" if takes_baseline(name) else name: about for name, about in methods.items()}
    )


def _listed(option: OptionField, word: str) -> Offer:
    """Choices between commas, each but once; none stands alone."""
    before, comma, _ = word.rpartition(",")
    taken = before.split(",")
    if "none" in taken:
        return Offer()
    left_out = {*taken, "none"} if comma else set()
    values = {name: about for name, about in _described(option).items() if name not in left_out}
    return Offer(values, before + comma)


def _value(option: OptionField, word: str) -> Offer:
    kind = kind_of(option)
    units = (option.facts.unit or "").split("|") if option.type in (str, Path) else []
    takes_network = not {"MODEL", "ARTIFACTS"}.isdisjoint(units) or kind == "architecture"
    name, colon, rest = word.partition(":")
    if colon and name == "torchvision" and takes_network:
        return Offer(dict.fromkeys(NETWORKS, ""), "torchvision:")
    if colon and kind and name in registry.names(kind):
        return _following(kind, name, rest).after(f"{name}:")
    values = _described(option)
    values |= {unit: "" for unit in units if unit.islower() and unit not in values}
    if takes_network:
        values["torchvision:"] = "a network of torchvision"
    if kind == "architecture" and word:
        values |= dict.fromkeys(NETWORKS, "a network of torchvision")
    return Offer(values, paths=next((PATHS[unit] for unit in units if unit in PATHS), NO_PATHS))


def _described(option: OptionField) -> dict[str, str]:
    """Each name, with a colon where something has to follow it, to what ``--list`` says of it."""
    kind = kind_of(option)
    entries: Mapping[str, registry.Entry] = registry.KINDS[kind] if kind else {}
    told = {name: entry.summary for name, entry in entries.items()}
    if isinstance(option.facts.choices, Mapping):
        told |= option.facts.choices
    return {
        f"{name}:" if name in entries and _place(entries[name], name) else name: told.get(name, "")
        for name in option.facts.choices or option.facts.completions
    }


def _place(entry: registry.Entry, name: str) -> str:
    """What has to follow a name, as in ``image:FILE``: a key of `PATHS`; empty where nothing."""
    after = entry.summary.removeprefix(f"{name}:").partition(",")[0]
    return after if after in PATHS else ""


def _following(kind: str, name: str, rest: str) -> Offer:
    """What may follow a registered name and its colon: a path, or options between commas."""
    entry = registry.entry(kind, name)
    if place := _place(entry, name):
        folder = "zip" if ".zip" in entry.summary else FOLDERS
        return Offer(paths=folder if place == "PATH" else PATHS[place])
    if kind not in ("dataset", "ratings"):
        return Offer()
    before, comma, part = rest.rpartition(",")
    taken = {assignment.partition("=")[0] for assignment in before.split(",")}
    options = [one for one in options_of(kind).get(name, ()) if one["name"] not in taken]
    return _options_of({name: options}, part).after(before + comma)


def _assignment(kind: str, chooser: str, word: str, given: Given) -> Offer:
    """``NAME=VALUE`` of the methods, losses ... in use, else of all."""
    known = options_of(kind)
    named = [name.partition(":")[0] for name in (*given(chooser), *_paired(kind, given))]
    used = {name: known[name] for name in named if name in known}
    scope, dot, _ = word.partition("=")[0].rpartition(".")
    if dot and kind in SCOPED:
        single = {scope: (used or known).get(scope, ())}
        return _options_of(single, word.removeprefix(f"{scope}.")).after(f"{scope}.")
    found = _options_of(used or known, word)
    if kind in SCOPED and len(used) > 1 and "=" not in word:
        scopes = {f"{name}.": f"an option of {name} alone" for name in used if used[name]}
        return replace(found, values={**found.values, **scopes})
    return found


def _paired(kind: str, given: Given) -> list[str]:
    """The methods, or the baselines, of the pairs in use; none of another kind."""
    pairs = [text.partition("@") for text in given("pair")]
    parts = {"method": [one for one, _, _ in pairs], "baseline": [one for _, _, one in pairs]}
    return parts.get(kind, [])


def _options_of(owners: Mapping[str, Iterable[Known]], word: str) -> Offer:
    """``name=`` of the options of several, and after it the values that are allowed."""
    name, equals, _ = word.partition("=")
    found: dict[str, dict[str, Known]] = {}
    for owner, options in owners.items():
        for option in options:
            # Both are understood, and the one that was begun is offered.
            text = option["name"].replace("_", "-") if "-" in name else option["name"]
            found.setdefault(text, {})[owner] = option
    if equals:
        allowed = [one["allowed"] for one in found.get(name, {}).values()]
        values = {value: "" for text in allowed if "|" in text for value in text.split("|")}
        for owner, option in found.get(name, {}).items():
            values |= _named(owner, option["default"])
        return Offer(values, f"{name}=")
    return Offer(
        {f"{text}=": _about(having, several=len(owners) > 1) for text, having in found.items()}
    )


def _named(owner: str, default: object) -> dict[str, str]:
    """The names of a kind, where the default of an option is one, of its owner's kind."""
    for entries in registry.KINDS.values():
        if owner in entries and str(default) in entries:
            return {
                name: entry.summary for name, entry in entries.items() if not _place(entry, name)
            }
    return {}


def _about(having: Mapping[str, Known], *, several: bool) -> str:
    """What an option is, its default first, and whose it is where there are several owners."""
    option = next(iter(having.values()))
    default = "" if option["default"] in (None, "", []) else f"[{_shown(option['default'])}] "
    allowed = f" ({option['allowed']})" if option["allowed"] else ""
    about = f"{default}{option['help'].rstrip('.')}{allowed}"
    return f"{', '.join(having)}: {about}" if several else about


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _metrics(artifacts: Iterable[str]) -> dict[str, str]:
    """The metrics that measure all of the artifacts, as far as a glance tells what these are."""
    from xaitool.workflows.evaluation.glimpse import glimpsed_kind

    kinds = {glimpsed_kind(Path(one).expanduser()) for one in artifacts}
    known = [registry.METRICS_OF[kind] for kind in kinds if kind in registry.METRICS_OF]
    first, *others = known or [registry.METRICS]
    return {
        name: metric.summary
        for name, metric in first.items()
        if all(name in metrics for metrics in others)
    }


def _preset(values: Mapping[str, object]) -> str:
    """What a preset sets, in a line."""
    return ", ".join(
        f"{name.replace('_', '-')} "
        + (",".join(map(str, value)) if isinstance(value, tuple) else _shown(value))
        for name, value in values.items()
    )
