"""The DeepLIFT engine: closed forms, tiny networks of every kind, and what it refuses."""

from __future__ import annotations

import gc
import math
import weakref

import pytest
import torch
from torch import Tensor, nn

from tests.core.attribution.engine.networks import (
    NETWORKS,
    Call,
    Network,
    add_in_place,
    first_logit,
    pairs,
    relative_gap,
)
from xaitool.core.attribution.engine.rescale import ForwardPass, multipliers
from xaitool.errors import ModelError, UnsupportedOperationError

# Plain autograd refuses these.
OVERWRITING = {"residual add in place", "write into a view", "pool, then overwrite"}


@pytest.mark.parametrize("name", NETWORKS)
def test_is_complete_and_sees_the_plain_model(name):
    net = Network(NETWORKS[name]).eval()
    inputs, references = pairs()
    with torch.no_grad():
        expected = net(inputs.clone())[:, 0], net(references.clone())[:, 0]
    kept = inputs.clone(), references.clone()
    result = multipliers(net, inputs, references, first_logit)
    assert torch.equal(result.score_input, expected[0])
    assert torch.equal(result.score_reference, expected[1])
    assert relative_gap(inputs, references, result) < 1e-9
    assert torch.equal(inputs, kept[0])
    assert torch.equal(references, kept[1])
    assert not result.multiplier.requires_grad


@pytest.mark.parametrize("as_references", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_images_that_passed_once_are_compared_with_several_others(name, as_references):
    net = Network(NETWORKS[name]).eval()
    images, others = pairs(6)
    passed = ForwardPass(net, images, as_references=as_references)
    for few in (others[:1], others[:2], others, others[3:4]):
        result = passed.against(few, first_logit)
        many = few.repeat_interleave(6 // len(few), 0)
        inputs, references = (many, images) if as_references else (images, many)
        expected = multipliers(net, inputs, references, first_logit)
        assert relative_gap(inputs, references, result) < 1e-9
        torch.testing.assert_close(result, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["F.relu", "method in place", "add in place", "pool"])
def test_nothing_is_kept_alive(name):
    names = {"add in place": "residual add in place", "pool": "pool, then overwrite"}
    leaf = weakref.ref(ForwardPass(Network(NETWORKS[names.get(name, name)]), pairs()[0]).leaf)
    gc.collect()
    assert leaf() is None


@pytest.mark.parametrize("name", ["F.relu", "overlapping pool", "concatenation", "square"])
def test_rows_do_not_mix(name):
    net = Network(NETWORKS[name])
    inputs, references = pairs()
    together = multipliers(net, inputs, references, first_logit).multiplier
    for row in range(3):
        one = slice(row, row + 1)
        alone = multipliers(net, inputs[one], references[one], first_logit).multiplier
        torch.testing.assert_close(together[one], alone, rtol=1e-9, atol=1e-12)


def test_linear_network_has_its_weights_as_multipliers():
    linear = nn.Linear(192, 5).double()
    result = multipliers(nn.Sequential(nn.Flatten(), linear), *pairs(), first_logit)
    expected = linear.weight[0].detach().expand(3, -1)
    torch.testing.assert_close(result.multiplier.flatten(1), expected)


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - OVERWRITING))
def test_equal_input_and_reference_give_the_gradient(name):
    net = Network(NETWORKS[name]).eval().requires_grad_(False)
    inputs, _ = pairs()
    leaf = inputs.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(net(leaf.clone())[:, 0].sum(), leaf)
    result = multipliers(net, inputs, inputs, first_logit)
    torch.testing.assert_close(result.multiplier, gradient)


def test_rules_still_hold_beside_an_operation_taken_by_its_gradient():
    inputs, references = pairs(4, 6)
    slope = (inputs.sigmoid() - references.sigmoid()) / (inputs - references)
    result = multipliers(
        Call(lambda x: x * x.sigmoid()),
        inputs,
        references,
        lambda out: out.sum(1),
        unknown_operations="gradient",
    )
    torch.testing.assert_close(result.multiplier, inputs.sigmoid() + inputs * slope)


def test_score_that_ignores_the_input_is_refused():
    net = nn.Sequential(nn.Flatten(), nn.Linear(192, 5)).double()
    with pytest.raises(ModelError, match="score of Sequential has no gradient"):
        multipliers(net, *pairs(), lambda out: torch.ones(3))


def test_model_is_left_as_it_was():
    net = Network(add_in_place).train()
    net.second.weight.requires_grad_(False)
    state = {name: value.clone() for name, value in net.state_dict().items()}
    flags = [parameter.requires_grad for parameter in net.parameters()]
    multipliers(net, *pairs(), first_logit)
    assert all(module.training for module in net.modules())
    assert [parameter.requires_grad for parameter in net.parameters()] == flags
    assert all(parameter.grad is None for parameter in net.parameters())
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    for module in net.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert not module._backward_hooks


def test_model_is_left_as_it_was_after_a_refusal():
    net = Network(lambda net, x: x.softmax(1)).train()
    with pytest.raises(UnsupportedOperationError):
        multipliers(net, *pairs(), first_logit)
    assert net.training
    assert all(parameter.requires_grad for parameter in net.parameters())
    assert "ReluBackward" in str(torch.relu(torch.ones(1, requires_grad=True)).grad_fn)


def test_works_where_gradients_are_off():
    net = Network(NETWORKS["F.relu"])
    inputs, references = pairs()
    with torch.no_grad():
        result = multipliers(net, inputs, references, first_logit)
    assert relative_gap(inputs, references, result) < 1e-9


def test_tiny_differences_lose_nothing():
    net = Network(NETWORKS["relu then pool"])
    inputs, references = pairs()
    references = inputs + 1e-9 * (references - 0.5)
    result = multipliers(net, inputs, references, first_logit)
    change = float((result.score_input - result.score_reference).abs().max())
    total = (result.multiplier * (inputs - references)).flatten(1).sum(1)
    assert 0 < change < 1e-7
    assert math.isclose(
        float(total[0]), float((result.score_input - result.score_reference)[0]), abs_tol=1e-14
    )


def test_exported_program_is_complete():
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU6(inplace=True), nn.MaxPool2d(3, 1, 1))
    inputs, references = pairs()
    exported = torch.export.export(plain.double().requires_grad_(False).eval(), (inputs,)).module()

    def score(output: Tensor) -> Tensor:
        return output.square().sum((1, 2, 3))

    result = multipliers(Call(lambda x: exported(x)), inputs, references, score)
    assert relative_gap(inputs, references, result) < 1e-9
    expected = multipliers(plain, inputs, references, score)
    torch.testing.assert_close(result.multiplier, expected.multiplier)
