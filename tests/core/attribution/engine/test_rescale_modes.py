"""The two modes: what operations receive is kept in order, and their gradient is exchanged."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from xaitool.core.attribution.engine.rescale_modes import Record, Rescale
from xaitool.errors import UnsupportedOperationError

POINT = torch.tensor([-2.0, 0.5, 3.0], dtype=torch.float64)
OTHER = torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64)


def recorded(function, *arguments: Tensor) -> list[tuple[str, list[float]]]:
    with Record() as mode:
        function(*arguments)
    return [(name, received.tolist()) for name, received in mode.received]


def test_what_operations_with_a_rule_receive_is_kept_before_it_is_overwritten() -> None:
    def function(x: Tensor) -> Tensor:
        x = 2 * x
        x.relu_()
        return torch.exp(x - 1)

    found = recorded(function, POINT)
    assert [name for name, _ in found] == ["relu_", "exp"]
    assert found[0][1] == [-4, 1, 6]
    assert found[1][1] == [-1, 0, 5]


def test_an_extreme_of_two_tensors_is_one_over_pairs() -> None:
    ((name, received),) = recorded(torch.maximum, POINT, OTHER)
    assert name == "amax"
    assert received == [[-2, 1], [0.5, 2], [3, -1]]


def test_the_input_may_be_named() -> None:
    assert recorded(lambda x: torch.relu(input=x), POINT) == [("relu", POINT.tolist())]


def rescaled(function, *, strict: bool = True) -> tuple[Tensor, Rescale]:
    """The multiplier between the two points."""
    with Record() as record, torch.no_grad():
        function(OTHER.clone())
    leaf = POINT.clone().requires_grad_()
    with Rescale(strict=strict, as_references=False) as mode:
        output = function(leaf * 1)
    for activation, (name, received) in zip(mode.activations, record.received, strict=True):
        if activation:
            assert activation.meet(name, received, 1)
    (multiplier,) = torch.autograd.grad(output.sum(), leaf)
    return multiplier, mode


@pytest.mark.parametrize("function", [torch.relu, torch.sigmoid, lambda x: x.mul_(3).exp_()])
def test_the_gradient_is_the_slope_of_the_chord(function) -> None:
    multiplier, _ = rescaled(function)
    change = function(POINT.clone()) - function(OTHER.clone())
    torch.testing.assert_close(multiplier, change / (POINT - OTHER))


def test_a_call_that_does_not_depend_on_the_input_keeps_its_place_without_a_rule() -> None:
    multiplier, mode = rescaled(lambda x: torch.relu(x) * torch.exp(torch.ones(3).double()))
    assert [activation is None for activation in mode.activations] == [False, True]
    assert "mul" in mode.called
    change = (POINT.relu() - OTHER.relu()) * torch.e
    torch.testing.assert_close(multiplier, change / (POINT - OTHER))


def test_what_acts_without_autograds_knowledge_is_refused_where_that_is_asked_for() -> None:
    def by_sign(x: Tensor) -> Tensor:
        return x * (x > 0)

    with pytest.raises(UnsupportedOperationError, match="uses 'gt'"):
        rescaled(by_sign)
    multiplier, _ = rescaled(by_sign, strict=False)
    assert multiplier.tolist() == [0, 1, 1]
