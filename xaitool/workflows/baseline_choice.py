"""Which baselines the options name, and the options of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xaitool import registry
from xaitool.core.baselines.base import Baseline
from xaitool.errors import ConfigError
from xaitool.workflows.configs.explanation import ExplanationOptions
from xaitool.workflows.option_assignments import assigned

# What a baseline needs that stands in a file, and so behind its name: ``image:FILE``.
IN_A_FILE = frozenset({"image", "generator"})


def baseline_class(baseline: str) -> type[Baseline]:
    """The class of ``NAME``, ``image:FILE`` or ``ganmex:CHECKPOINT``.

    Raises:
        UnknownNameError: There is no baseline of that name.
        ConfigError: A file is wanted and missing, or given and not wanted.
    """
    name, colon, file = baseline.partition(":")
    found: type[Baseline] = registry.load("baseline", name)
    if bool(file) != bool(found.needs & IN_A_FILE) or (colon and not file):
        raise ConfigError(
            f"--baseline is '{baseline}', but NAME, image:FILE or ganmex:CHECKPOINT is wanted"
        )
    return found


def baselines_with_options(
    options: ExplanationOptions, baselines: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """The options of each baseline, as plain values; ``--references`` where it draws some.

    Args:
        options: Those of all of them.
        baselines: ``NAME``, ``image:FILE`` or ``ganmex:CHECKPOINT``; one twice is there once.

    Raises:
        InputError: A name or an option is unknown, or a value does not fit.
    """
    kinds = {baseline: baseline_class(baseline) for baseline in baselines}
    if options.baseline_option and not kinds:
        raise ConfigError("--baseline-option is set, but no method takes a baseline")
    own = {_name(baseline): kind.Options for baseline, kind in kinds.items()}
    given = assigned(options.baseline_option, own, "baseline")
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
