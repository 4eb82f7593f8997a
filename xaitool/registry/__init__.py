"""Everything that has a name: what it is called, where it lives, what it does, who described it.

Strings only, so that ``--help`` stays fast; `load` imports on use. One more of something is one
file and one line in a file of this package: choices, completions, messages and the tests'
parametrisation follow.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from xaitool.errors import UnknownNameError
from xaitool.registry.data import DATASETS, RATINGS
from xaitool.registry.entry import Entry
from xaitool.registry.explanations import ATTRIBUTION, BASELINES, GUIDANCE
from xaitool.registry.metrics import (
    ATTRIBUTION_METRICS,
    BASELINE_GAN_METRICS,
    CLASSIFIER_METRICS,
    CVAE_METRICS,
    GAN_METRICS,
    RECOMMENDER_METRICS,
)
from xaitool.registry.networks import ATTACKS, CLASSIFIERS, GANS, GENERATORS, LOSSES, OBJECTIVES
from xaitool.registry.recommenders import BASE_MODELS

__all__ = [
    "ATTACKS",
    "ATTRIBUTION",
    "ATTRIBUTION_METRICS",
    "BASELINES",
    "BASELINE_GAN_METRICS",
    "BASE_MODELS",
    "CLASSIFIERS",
    "CLASSIFIER_METRICS",
    "CVAE_METRICS",
    "DATASETS",
    "GANS",
    "GAN_METRICS",
    "GENERATORS",
    "GUIDANCE",
    "KINDS",
    "LOSSES",
    "METRICS",
    "OBJECTIVES",
    "RATINGS",
    "RECOMMENDER_METRICS",
    "Entry",
    "entry",
    "load",
    "names",
]

METRICS: dict[str, Entry] = {}
for _metrics in (
    CLASSIFIER_METRICS,
    BASELINE_GAN_METRICS,
    CVAE_METRICS,
    GAN_METRICS,
    ATTRIBUTION_METRICS,
    RECOMMENDER_METRICS,
):
    for _name, _entry in _metrics.items():
        # Two kinds of artifacts may have a metric of the same name.
        _same = METRICS.get(_name, _entry)
        METRICS[_name] = _entry if _same == _entry else _same.beside(_entry)

KINDS: dict[str, dict[str, Entry]] = {
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
    module, _, attribute = entry(kind, name).target.partition(":")
    return getattr(import_module(f"xaitool.{module}"), attribute)
