"""Everything that has a name: what it is called, where it lives, what it does, who described it.

Strings only, so that ``--help`` stays fast; `load` imports on use. One more of something is one
file and one line in a file of this package: choices, completions, messages and the tests'
parametrisation follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from xaitool.errors import UnknownNameError
from xaitool.registry.data import DATASETS, RATINGS
from xaitool.registry.entry import Entry, Metric
from xaitool.registry.explanations import ATTRIBUTION, BASELINES, GUIDANCE
from xaitool.registry.logs import LOGS
from xaitool.registry.metrics import METRICS_OF
from xaitool.registry.networks import ATTACKS, CLASSIFIERS, GANS, GENERATORS, LOSSES, OBJECTIVES
from xaitool.registry.recommenders import BASE_MODELS

__all__ = [
    "ATTACKS",
    "ATTRIBUTION",
    "BASELINES",
    "BASE_MODELS",
    "CLASSIFIERS",
    "DATASETS",
    "GANS",
    "GENERATORS",
    "GUIDANCE",
    "KINDS",
    "LOGS",
    "LOSSES",
    "METRICS",
    "METRICS_OF",
    "OBJECTIVES",
    "RATINGS",
    "Entry",
    "Metric",
    "entry",
    "load",
    "load_target",
    "names",
]

METRICS: dict[str, Metric] = {}
"""Those of all kinds of artifacts, for people: which function measures one, says its kind's own."""
for _metrics in METRICS_OF.values():
    for _name, _metric in _metrics.items():
        # Two kinds of artifacts may have a metric of the same name.
        _same = METRICS.get(_name, _metric)
        METRICS[_name] = _same if _same.summary == _metric.summary else _same.beside(_metric)

KINDS: dict[str, Mapping[str, Entry]] = {
    "method": ATTRIBUTION,
    "baseline": BASELINES,
    "guidance": GUIDANCE,
    "loss": LOSSES,
    "attack": ATTACKS,
    "dataset": DATASETS,
    "ratings": RATINGS,
    "base": BASE_MODELS,
    "architecture": CLASSIFIERS,
    "gan": GANS,
    "objective": OBJECTIVES,
    "generator": GENERATORS,
    "metric": METRICS,
    "log": LOGS,
}


def names(kind: str) -> tuple[str, ...]:
    """The registered names of a kind, in the order in which they are shown."""
    return tuple(KINDS[kind])


def entry(kind: str, name: str) -> Entry:
    """Look a name up.

    Raises:
        UnknownNameError: There is no such name; the message suggests the nearest.
    """
    if name not in KINDS[kind]:
        raise UnknownNameError(kind, name, KINDS[kind])
    return KINDS[kind][name]


def load(kind: str, name: str) -> Any:
    """Import what a name stands for.

    Raises:
        UnknownNameError: There is no such name.
    """
    return load_target(entry(kind, name).target)


def load_target(target: str) -> Any:
    """Import what an entry's ``module:name`` stands for."""
    module, _, attribute = target.partition(":")
    return getattr(import_module(f"xaitool.{module}"), attribute)
