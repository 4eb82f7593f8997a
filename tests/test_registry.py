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

LINES = [(kind, name) for kind, entries in registry.KINDS.items() for name in entries]
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


def test_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(
        UnknownNameError, match="unknown method 'agii'; did you mean 'agi'"
    ) as error:
        registry.load("method", "agii")
    assert error.value.exit_code == 2
    assert "saliency" in str(error.value.hint)
