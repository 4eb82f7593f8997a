"""The rule of each operation, beside its formula."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.core.attribution.engine.networks import Call, pairs, relative_gap
from tests.reference.deeplift_max_pool import max_pool_multiplier
from xaitool.core.attribution.engine.rescale import Multipliers, multipliers
from xaitool.core.attribution.engine.rescale_rules import (
    MaximumRule,
    MinimumRule,
    Ramp,
    name_of,
    rule_of,
)


@pytest.mark.parametrize("function", [torch.exp, F.gelu, torch.sqrt, F.leaky_relu])
def test_scalar_function_has_the_slope_of_its_chord(function):
    inputs, references = pairs(4, 6)
    expected = (function(inputs) - function(references)) / (inputs - references)
    result = multipliers(Call(function), inputs, references, lambda out: out.sum(1))
    torch.testing.assert_close(result.multiplier, expected)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (3, 1, 1), (2, 3, 1), (5, 1, 2)]
)
def test_max_pooling_agrees_with_window_by_window(kernel, stride, padding):
    inputs, references = pairs(2, 1, 7, 7)
    inputs = (inputs * 4).round() / 4  # ties, and elements equal to their reference
    references = (references * 4).round() / 4
    assert (inputs == references).any()
    pool = Call(lambda x: F.max_pool2d(x, kernel, stride, padding))
    gradient = torch.randn(pool(inputs[:1]).shape[1:], dtype=torch.float64)
    result = multipliers(pool, inputs, references, lambda out: (out * gradient).sum((1, 2, 3)))
    for row in range(2):
        expected = max_pool_multiplier(
            inputs[row, 0], references[row, 0], gradient[0], kernel, stride, padding
        )
        torch.testing.assert_close(result.multiplier[row, 0], expected)
    assert relative_gap(inputs, references, result) < 1e-9


@pytest.mark.parametrize(
    "function", [torch.sqrt, torch.log1p, torch.abs, torch.sigmoid, torch.relu]
)
@pytest.mark.parametrize("values", [(0.0, 0.0), (900.0, 900.0), (900.0, 800.0), (5e-324, 0.0)])
def test_no_value_is_nan(function, values):
    inputs, references = (torch.full((1, 2), value, dtype=torch.float64) for value in values)
    result = multipliers(Call(function), inputs, references, lambda out: out.sum(1))
    assert result.multiplier.isfinite().all()
    assert relative_or_zero_gap(inputs, references, result) < 1e-9


def relative_or_zero_gap(inputs: Tensor, references: Tensor, result: Multipliers) -> float:
    total = (result.multiplier * (inputs - references)).sum(1)
    change = result.score_input - result.score_reference
    return float((total - change).abs().max() / max(1.0, float(change.abs().max())))


@pytest.mark.parametrize("function", [torch.relu, lambda x: F.leaky_relu(x, 0.2)])
def test_slopes_of_ramps_between_any_two_points(function):
    """The quick way equals the careful one, but where both points are one."""
    values = torch.tensor([-2.0, -1e-30, -0.0, 0.0, 1e-30, 1.0, 1.0 + 1e-15, 3.0]).double()
    here, there = (one.flatten() for one in torch.meshgrid(values, values, indexing="ij"))
    ramp = Ramp("relu", function, here.clone(), as_references=False)
    ramp.meet("relu", there, len(there))
    careful = ramp.propagate(torch.ones_like(here))
    ramp.quick = True
    quick = ramp.propagate(torch.ones_like(here))
    equal = here == there
    assert quick[equal].isnan().all()
    apart = (here - there).abs() > 1e-20  # nearer ones are taken for one by the careful way
    torch.testing.assert_close(quick[apart], careful[apart], rtol=1e-12, atol=1e-12)
    steepest, flattest = careful.max(), careful.min()
    assert quick[~equal].max() <= steepest + 1e-12
    assert quick[~equal].min() >= flattest - 1e-12


@pytest.mark.parametrize("name", ["max", "min"])
def test_the_change_of_an_extreme_goes_to_who_made_it(name):
    """``max(a, b)`` from (1, 4) to (6, 5): 2 by the new extreme, none by the old one."""
    here, there = torch.tensor([[6.0, 5.0]]), torch.tensor([[1.0, 4.0]])
    if name == "min":
        here, there = -here, -there
    rule = rule_of(name, [here])
    assert rule is (MaximumRule if name == "max" else MinimumRule)
    extreme = rule(f"a{name}", lambda x: getattr(x, f"a{name}")(1), here, as_references=False)
    assert extreme.meet(f"a{name}", there, 1)
    multiplier = extreme.propagate(torch.ones(1))
    torch.testing.assert_close(multiplier, torch.tensor([[2 / 5, 0.0]]))


def test_what_was_received_is_compared_only_with_what_has_its_shape():
    images = torch.rand(6, 2, 3)
    ramp = Ramp("relu", torch.relu, images.clone(), as_references=False)
    assert ramp.meet("relu", torch.rand(6, 2, 3), 6)
    assert ramp.meet("relu", torch.rand(1, 2, 3), 1)
    others = torch.rand(2, 2, 3)
    assert ramp.meet("relu", others, 2)
    assert ramp.other is not None
    assert ramp.other.equal(others[[0, 0, 0, 1, 1, 1]])
    assert not ramp.meet("sigmoid", torch.rand(6, 2, 3), 6)
    assert not ramp.meet("relu", torch.rand(6, 6), 6)
    assert not ramp.meet("relu", torch.rand(2, 1, 3), 2)
    assert ramp.other is None


def test_names_of_functions_are_those_that_rules_are_kept_under():
    names = {torch.relu: "relu", Tensor.relu_: "relu_", F.max_pool2d: "max_pool2d"}
    assert {function: name_of(function) for function in names} == names
    assert name_of(torch.ops.aten.relu.default) == "relu"
    assert name_of(vars(torch._C.TensorBase)["data"].__get__) == "data"
    assert rule_of("relu_", [torch.ones(1)]) is Ramp
    assert rule_of("relu", [1.0]) is None
    assert rule_of("softmax", [torch.ones(1)]) is None
