"""What the file of a call from Python says of itself."""

from __future__ import annotations

from numbers import Real
from typing import Any

from torch import nn

from xaitool import registry
from xaitool.core.attribution.base import AttributionMethod
from xaitool.core.baselines.base import Baseline
from xaitool.core.score import Output
from xaitool.io.provenance import versions
from xaitool.workflows.runs.runtime import Runtime


def call_record(
    model: nn.Module,
    method: AttributionMethod,
    output: Output,
    runtime: Runtime,
    *,
    baseline: Any,
    references: Any,
    target: Any,
    against: Any,
) -> dict[str, Any]:
    """As plain values, what ``explain`` writes of a command; None where a call does not tell.

    The model is a module, which has no name that it could be loaded by: of it only the class is
    told, and neither weights nor what it does to pixels.

    Args:
        model: The user's.
        method: Bound to it.
        output: Scale of the score.
        runtime: Where it computes.
        baseline: As the caller gave it, or None.
        references: Same.
        target: Same.
        against: Same.
    """
    kind = type(method)
    if baseline is None and kind.needs_baseline:
        baseline = kind.default_baseline if references is None else "dataset"
    return {
        "method": _registered("method", kind),
        "method_options": method.options.to_dict(),
        "score": output,
        "target_rule": "predicted" if target is None else _said(target, "given"),
        "against_rule": None if against is None else _said(against, "given"),
        "baseline": None if baseline is None else _baseline(baseline),
        "baseline_options": baseline.options.to_dict() if isinstance(baseline, Baseline) else {},
        "dataset": None,
        "split": None,
        "only": None,
        "model_source": None,
        "model_class": _path(type(model)),
        "model_weights": None,
        "model_options": {},
        "model_sha256": None,
        "normalisation_mean": None,
        "normalisation_std": None,
        "seed": method.seed,
        "precision": str(runtime.dtype).removeprefix("torch."),
        "versions": versions(),
        "command": "xaitool.attribute",
    }


def _baseline(given: Any) -> str:
    return _registered("baseline", type(given)) if isinstance(given, Baseline) else _said(given)


def _said(given: Any, else_: str = "given images") -> str:
    """A name or a number as it is."""
    return str(given) if isinstance(given, str | Real) else else_


def _registered(kind: str, thing: type) -> str:
    """The registry's name of a class, else where the class stands."""
    path = _path(thing)
    for name in registry.names(kind):
        if f"xaitool.{registry.entry(kind, name).target.replace(':', '.')}" == path:
            return name
    return path


def _path(thing: type) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
