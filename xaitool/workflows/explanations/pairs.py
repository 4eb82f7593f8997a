"""Which method goes with which baseline: every one of some with every other, or pair by pair."""

from __future__ import annotations

from xaitool import registry
from xaitool.core.attribution.base import AttributionMethod
from xaitool.errors import ConfigError
from xaitool.workflows.configs.explanation import ExplanationOptions, named_pair
from xaitool.workflows.explanations.baseline_choice import IN_A_FILE, baseline_class

Pair = tuple[str, str | None]
"""A method's name and its baseline's, None for a method that takes none."""


def method_pairs(options: ExplanationOptions) -> list[Pair]:
    """The pairs of method and baseline that options ask for, in their order; one twice is once.

    Several methods and baselines make every pair of them; a method that takes no baseline is there
    once. ``--pair`` names them one by one.

    Args:
        options: Methods and baselines. Their ``path`` is what a method that follows one is given,
            whatever the others' baselines are; None: as the others.

    Raises:
        InputError: A name is unknown, no method takes the baseline, or a method has no path to
            follow, or a pair lacks its baseline.
    """
    if options.pair:
        return [*dict.fromkeys(map(_single, options.pair))]
    return _every_pair(options)


def names_baselines(options: ExplanationOptions) -> bool:
    """Whether baselines are named, and so named with the methods in titles and files."""
    return bool(options.baseline or options.pair)


def _single(text: str) -> Pair:
    name, baseline = named_pair(text)
    method: type[AttributionMethod] = registry.load("method", name)
    if baseline is not None and not method.needs_baseline:
        raise ConfigError(
            f"--pair is '{text}', but method '{name}' takes no baseline", hint=f"--pair {name}"
        )
    if baseline is None and method.needs_baseline:
        default = method.default_baseline
        file = ":RUN" if registry.load("baseline", default).needs & IN_A_FILE else ""
        raise ConfigError(
            f"--pair is '{text}', but method '{name}' wants a baseline",
            hint=f"--pair {name}@{default}{file}",
        )
    return name, baseline


def _every_pair(options: ExplanationOptions) -> list[Pair]:
    methods: dict[str, type[AttributionMethod]] = {
        name: registry.load("method", name) for name in options.method
    }
    pairs = [
        (name, baseline)
        for name, method in methods.items()
        for baseline in _baselines(options, name, method)
    ]
    path = options.path
    if path is not None and not any(method.follows_path for method in methods.values()):
        raise ConfigError(
            f"--path is {path}, but method {' and '.join(map(repr, methods))} follows none",
            hint="--method cgi",
        )
    used = {baseline for _, baseline in pairs}
    if options.baseline and used == {None}:
        raise ConfigError(
            f"method {' and '.join(map(repr, methods))} takes no baseline, but --baseline is set"
        )
    for unused in set(options.baseline) - used:
        raise ConfigError(
            f"baseline '{unused}' stands beside --path {path}, but no method is left that uses it",
            hint=f"leave --path or --baseline {unused} out",
        )
    return pairs


def _baselines(
    options: ExplanationOptions, name: str, method: type[AttributionMethod]
) -> list[str | None]:
    if not method.needs_baseline:
        return [None]
    given = [*dict.fromkeys(options.baseline)]
    if method.follows_path:
        return [*_paths(given, name, options.path)]
    if options.path is not None:
        given = [one for one in given if not baseline_class(one).is_path]
    return [*given] or [method.default_baseline]


def _paths(given: list[str], name: str, path: str | None) -> list[str]:
    """The baselines of a method that follows a path."""
    if path == "recolour":
        return ["recolour"]
    if path is not None:
        given = [one for one in given if one.partition(":")[0] == path]
    if not given:
        raise ConfigError(
            f"method '{name}' has no path to follow, but that of a trained CVAE, or the "
            "recolouring of coloured digits, is wanted",
            hint="--baseline cvae:CHECKPOINT, or --path recolour",
        )
    return given
