"""What a file says of a call from Python."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import nn

from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.attribution.saliency import Saliency
from xaitool.core.baselines.blur import Blur
from xaitool.workflows.explanations.call_record import call_record
from xaitool.workflows.explanations.image_arguments import CPU

IMAGES = torch.zeros(2, 1, 4, 4)


class OwnMethod(Saliency):
    """No registered one."""


def record(method: Any = IntegratedGradients, **given: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("baseline", "references", "target", "against"))
    model = nn.Flatten()
    bound = method(model, seed=3)
    return call_record(model, bound, "logit", CPU, **{**nothing, **given})


def test_methods_are_told_by_their_registered_names_others_by_where_they_stand() -> None:
    assert record()["method"] == "integrated-gradients"
    assert record(OwnMethod)["method"] == f"{__name__}.OwnMethod"
    assert record()["method_options"] == {"steps": 50, "rule": "gauss-legendre"}
    assert (record()["seed"], record()["precision"]) == (3, "float32")


@pytest.mark.parametrize(
    ("given", "said", "options"),
    [
        ({}, "zero", {}),
        ({"references": IMAGES}, "dataset", {}),
        ({"baseline": 0.5}, "0.5", {}),
        ({"baseline": "ganmex:run"}, "ganmex:run", {}),
        ({"baseline": IMAGES}, "given images", {}),
        ({"baseline": Blur(sigma=2)}, "blur", {"sigma": 2.0}),
        ({"method": Saliency}, None, {}),
    ],
)
def test_baselines_are_told_as_they_were_given(
    given: dict[str, Any], said: str | None, options: dict[str, Any]
) -> None:
    found = record(**given)
    assert (found["baseline"], found["baseline_options"]) == (said, options)


def test_classes_are_told_where_they_are_one_for_all() -> None:
    assert (record()["target_rule"], record()["against_rule"]) == ("predicted", None)
    one = record(target=3, against="second")
    assert (one["target_rule"], one["against_rule"]) == ("3", "second")
    each = record(target=[1, 2], against=torch.tensor([0, 0]))
    assert (each["target_rule"], each["against_rule"]) == ("given", "given")


def test_a_module_has_a_class_and_no_name_and_all_are_plain_values() -> None:
    found = record()
    assert found["model_class"] == "torch.nn.modules.flatten.Flatten"
    assert [found[f"model_{part}"] for part in ("source", "weights", "sha256")] == [None] * 3
    assert json.loads(json.dumps(found)) == found
