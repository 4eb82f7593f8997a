"""Rows of methods that explain the same images, and how their baselines differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import scipy.stats
import torch

from tests.golden import missing
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.comparison import MeasuredSetup, compared_rows
from xaitool.workflows.evaluation.attributions.image_values import ImageValues
from xaitool.workflows.explanations.plan import method_setups

HEAD = {"source": "run", "against": "all"}
NAN = float("nan")


def measured(*pairs: str, values: list[torch.Tensor], images: torch.Tensor) -> list[MeasuredSetup]:
    setups = method_setups(EvaluateConfig(pair=pairs))
    kind = {"pair": "overall"}
    return [
        MeasuredSetup(setup, [ImageValues("gini", numbers, images, kind, {"others": 1})])
        for setup, numbers in zip(setups, values, strict=True)
    ]


def rows(*pairs: str, values: list[torch.Tensor], images: torch.Tensor) -> list[dict[str, Any]]:
    return list(compared_rows(measured(*pairs, values=values, images=images), HEAD, 0))


def drawn(count: int, columns: int) -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(count)
    numbers = torch.rand(count, columns, generator=random, dtype=torch.float64)
    return list((numbers + torch.arange(columns) / 8).unbind(1))


def test_baselines_of_one_method_are_compared_image_by_image() -> None:
    """As SciPy does, and with Holm's factors by hand."""
    values = drawn(12, 3)
    found = rows(
        "deeplift@zero", "deeplift@blur", "deeplift@mean", values=values, images=torch.arange(12)
    )
    for row, numbers, name in zip(found, values, ("zero", "blur", "mean"), strict=False):
        assert (row["metric"], row["method"], row["baseline"]) == ("gini", "deeplift", name)
        assert row["value"] == pytest.approx(numbers.mean().item())
        assert row["low"] < row["value"] < row["high"]
        assert not missing(row, "evaluate", "attributions")
    differences = found[3:]
    assert [(row["baseline"], row["versus"]) for row in differences] == [
        ("zero", "blur"),
        ("zero", "mean"),
        ("blur", "mean"),
    ]
    for row, (one, other) in zip(differences, ((0, 1), (0, 2), (1, 2)), strict=True):
        assert row["metric"] == "gini-difference"
        assert not missing(row, "evaluate", "difference")
        assert row["value"] == pytest.approx((values[one] - values[other]).mean().item())
        test = scipy.stats.wilcoxon(values[one].numpy(), values[other].numpy(), method="exact")
        assert row["p"] == pytest.approx(test.pvalue)
    small, middle, large = sorted(row["p"] for row in differences)
    wanted = [3 * small, max(3 * small, 2 * middle), max(3 * small, 2 * middle, large)]
    assert sorted(row["p_holm"] for row in differences) == pytest.approx(
        [min(1, one) for one in wanted]
    )


def test_methods_are_not_compared_with_each_other() -> None:
    found = rows("deeplift@zero", "occlusion@zero", values=drawn(5, 2), images=torch.arange(5))
    assert [row["metric"] for row in found] == ["gini", "gini"]


def test_several_values_of_an_image_are_one_in_the_test() -> None:
    """What is undefined of one is left out, an image that one baseline lacks is in no pair."""
    images = torch.tensor([7, 7, 8, 9])
    one = torch.tensor([1.0, 3.0, 5.0, 2.0], dtype=torch.float64)
    other = torch.tensor([1.0, NAN, 2.0, NAN], dtype=torch.float64)
    first, second, difference = rows(
        "deeplift@zero", "deeplift@blur", values=[one, other], images=images
    )
    assert (first["value"], first["n"], first["undefined"]) == (2.75, 4, 0)
    assert (second["value"], second["n"], second["undefined"]) == (1.5, 2, 2)
    assert difference["n"] == 2
    assert difference["value"] == pytest.approx(((2 - 1) + (5 - 2)) / 2)
    assert difference["p"] == pytest.approx(0.5)
    assert "others" not in difference


def test_the_corrected_family_is_one_metric_and_kind() -> None:
    setups = measured("deeplift@zero", "deeplift@blur", values=drawn(8, 2), images=torch.arange(8))
    twice = [replace(one, values=one.values * 2) for one in setups]
    found = [row for row in compared_rows(twice, HEAD, 0) if "p" in row]
    assert [row["p_holm"] for row in found] == [row["p"] for row in found]
    assert len(found) == 2
