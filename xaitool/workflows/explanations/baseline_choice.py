"""Which baselines the options name, and the options of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xaitool import registry
from xaitool.core.attribution.base import AttributionMethod
from xaitool.core.baselines.base import Baseline, Need
from xaitool.errors import ConfigError
from xaitool.options.assignments import assigned
from xaitool.workflows.configs.explanation import ExplanationOptions

# What a baseline needs that stands in a file, and so behind its name: ``cvae:CHECKPOINT``.
IN_A_CHECKPOINT = frozenset({Need.GENERATOR, Need.CVAE})
IN_A_FILE = IN_A_CHECKPOINT | {Need.IMAGE}


def baseline_class(baseline: str) -> type[Baseline]:
    """The class of ``NAME``, ``image:FILE``, ``ganmex:CHECKPOINT`` or ``cvae:CHECKPOINT``.

    Raises:
        UnknownNameError: There is no baseline of that name.
        ConfigError: A file is wanted and missing, or given and not wanted.
    """
    name, colon, file = baseline.partition(":")
    kind: type[Baseline] = registry.load("baseline", name)
    if bool(file) != bool(kind.needs & IN_A_FILE) or (colon and not file):
        raise ConfigError(
            f"baseline is '{baseline}', but NAME, image:FILE, ganmex:CHECKPOINT or "
            "cvae:CHECKPOINT is wanted"
        )
    return kind


def check_fit(
    method: type[AttributionMethod],
    title: str,
    kind: type[Baseline],
    baseline: str,
    options: Mapping[str, Any],
) -> None:
    """Refuse the points of a path where references are wanted, and the reverse.

    Args:
        method: What gets the baseline.
        title: What people call it.
        kind: The baseline's class.
        baseline: What people call it.
        options: Those of the baseline, as plain values.

    Raises:
        ConfigError: They do not fit each other.
    """
    if kind.is_path:
        if not method.follows_path and options["points"] != 1:
            raise ConfigError(
                f"baseline '{baseline}' is a path, but method '{title}' wants single references",
                hint="--method cgi, or --baseline-option points=1 for the counterfactual image",
            )
    elif method.follows_path and _draws_several(kind, options):
        raise ConfigError(
            f"baseline '{baseline}' draws several references, but method '{title}' wants the "
            "points of one path, or one image",
            hint="--baseline cvae:CHECKPOINT",
        )


def _draws_several(kind: type[Baseline], options: Mapping[str, Any]) -> bool:
    return Need.REFERENCES in kind.needs or options.get("references", 1) != 1


def baselines_with_options(
    options: ExplanationOptions, baselines: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """The options of each baseline, as plain values; ``--references`` where it draws some.

    Args:
        options: Those of all of them.
        baselines: ``NAME``, ``image:FILE``, ``ganmex:CHECKPOINT`` or ``cvae:CHECKPOINT``; one twice
            is there once.

    Raises:
        InputError: A name or an option is unknown, or a value does not fit.
    """
    kinds = {baseline: baseline_class(baseline) for baseline in baselines}
    if options.baseline_option and not kinds:
        raise ConfigError("--baseline-option is set, but no method takes a baseline")
    options_of = {_name(baseline): kind.Options for baseline, kind in kinds.items()}
    given = assigned(options.baseline_option, options_of, "baseline")
    named = {one.partition("=")[0].rpartition(".")[2] for one in options.baseline_option}
    drawn = {} if "references" in named else {"references": options.references}
    values = {name: chosen.to_dict() for name, chosen in given.items()}
    return {
        baseline: values[_name(baseline)]
        | (drawn if "references" in values[_name(baseline)] else {})
        for baseline in kinds
    }


def _name(baseline: str) -> str:
    return baseline.partition(":")[0]
