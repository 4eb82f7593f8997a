"""The registry: every line leads somewhere, and what it leads to keeps its contract."""

from __future__ import annotations

import inspect

import pytest
import torch

from xaitool import registry
from xaitool.core.attribution.base import AttributionMethod
from xaitool.core.baselines.base import Baseline
from xaitool.core.objectives.base import GanObjective
from xaitool.core.recommenders.base import RatingModel
from xaitool.errors import UnknownNameError
from xaitool.options import option_fields
from xaitool.workflows.configs.evaluate import EvaluateConfig

LINES = [(kind, name) for kind, entries in registry.KINDS.items() for name in entries]
METRICS = [(kind, name) for kind, metrics in registry.METRICS_OF.items() for name in metrics]
BASES = {
    "method": AttributionMethod,
    "baseline": Baseline,
    "objective": GanObjective,
    "base": RatingModel,
}


@pytest.mark.parametrize(("kind", "name"), LINES)
def test_every_line_leads_somewhere(kind: str, name: str) -> None:
    found = registry.load(kind, name)
    assert callable(found)
    assert registry.entry(kind, name).summary
    assert registry.entry(kind, name).source
    if isinstance(found, type):
        assert inspect.getdoc(found)
    if kind in BASES:
        assert issubclass(found, BASES[kind])
    if kind in ("loss", "architecture", "gan"):
        assert issubclass(found, torch.nn.Module)


@pytest.mark.parametrize(("kind", "name"), METRICS)
def test_every_metric_is_measured_by_what_it_names(kind: str, name: str) -> None:
    metric = registry.METRICS_OF[kind][name]
    assert callable(registry.load_target(metric.target))
    assert callable(registry.load_target(metric.measure or metric.target))
    assert name in registry.names("metric")


def test_what_metrics_read_are_options_of_evaluate() -> None:
    """And each option that is about what is measured makes a difference to some metric."""
    read = {name for kind, metric in METRICS for name in registry.METRICS_OF[kind][metric].reads}
    panels = {field.name: field.facts.panel for field in option_fields(EvaluateConfig)}
    assert read <= set(panels)
    about = {"Measure", "Attack", "Method", "Model", "Data"}
    asked = {name for name, panel in panels.items() if panel in about}
    assert asked - read == {"metric", "data_dir"}


def test_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(
        UnknownNameError, match="unknown method 'agii'; did you mean 'agi'"
    ) as error:
        registry.load("method", "agii")
    assert error.value.exit_code == 2
    assert "saliency" in str(error.value.hint)
