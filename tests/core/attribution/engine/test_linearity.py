"""What is not linear and has no rule is refused by its name."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from tests.core.attribution.engine.networks import NETWORKS, Network, first_logit, pairs
from xaitool.core.attribution.engine.linearity import check_linear, depends, nodes
from xaitool.core.attribution.engine.rescale import multipliers
from xaitool.errors import UnsupportedOperationError


class Double(torch.autograd.Function):
    """Somebody's own operation: named by what it computes out of autograd's sight."""

    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, gradient):
        return 2 * gradient


def without_gradient(net, x):
    with torch.no_grad():
        scale = x.norm()
    return x / scale


def write_without_gradient(net, x):
    buffer = torch.zeros_like(x)
    with torch.no_grad():
        buffer[:] = x
    return x + buffer


REFUSED = [
    ("mul", lambda net, x: x * x.sigmoid()),
    ("mul", lambda net, x: (x * 1).mul_(x)),
    ("mul", lambda net, x: x.clone()[:, :2].mul_(x[:, 2:]).repeat(1, 2, 1, 1)),
    ("div", lambda net, x: F.local_response_norm(x, 2)),
    ("div", lambda net, x: x / (1 + x.exp())),
    ("div", lambda net, x: torch.div(x, 0.1, rounding_mode="floor")),
    ("floordiv", lambda net, x: x // 0.1),
    ("softmax", lambda net, x: x.softmax(1)),
    ("log_softmax", lambda net, x: F.log_softmax(x, 1)),
    ("bmm", lambda net, x: x @ x.transpose(2, 3)),
    ("convolution", lambda net, x: F.conv2d(x, x[:1, :, :3, :3], padding=1).repeat(1, 4, 1, 1)),
    ("layer_norm", lambda net, x: F.layer_norm(x, x.shape[1:])),
    ("group_norm", lambda net, x: F.group_norm(x, 2)),
    ("batch_norm", lambda net, x: F.instance_norm(x)),
    ("std", lambda net, x: x - x.std()),
    ("clamp", lambda net, x: torch.clamp(x, min=x.flip(1))),
    ("pow", lambda net, x: x.abs() ** x),
    ("gt", lambda net, x: x * (x > 0)),
    ("ge", lambda net, x: x if (x >= 0).all() else -x),
    ("argmax", lambda net, x: x + x.argmax(1, keepdim=True)),
    ("topk", lambda net, x: x + x.topk(1, 1)[0]),
    ("detach", lambda net, x: x + x.detach()),
    ("data", lambda net, x: x + x.data),
    ("to", lambda net, x: x + x.to(torch.int64)),
    ("item", lambda net, x: x * x.sum().item()),
    ("bool", lambda net, x: x if x.sum() else -x),
    ("norm", without_gradient),
    ("setitem", write_without_gradient),
    ("mul", lambda net, x: Double.apply(x)),
    ("dropout in training mode", lambda net, x: F.dropout(x)),
    (
        "max_unpool2d",
        lambda net, x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), [2, 2]),
    ),
    ("max", lambda net, x: x - x.max()),
    ("getitem", lambda net, x: x + torch.arange(8.0).double()[x.max(1, keepdim=True)[1]]),
    ("tolist", lambda net, x: x * x.max(1)[1].tolist()[0][0][0]),
    ("gather", lambda net, x: x + x.gather(1, torch.min(x, 1, keepdim=True).indices)),
    ("scaled_dot_product", lambda net, x: F.scaled_dot_product_attention(x, x, x)),
]


@pytest.mark.parametrize(("name", "function"), REFUSED)
def test_operation_without_a_rule_is_refused_by_name(name, function):
    with pytest.raises(UnsupportedOperationError, match=rf"uses '\w*{name}\w*'") as caught:
        multipliers(Network(NETWORKS["F.relu"]), *pairs(), Between(function))
    assert "unknown_operations=gradient" in str(caught.value.hint)


class Between:
    """A score with the tested function between a network's output and a sum."""

    def __init__(self, function):
        self.function = function

    def __call__(self, logits):
        images = logits[:, :4, None, None] * torch.ones(8, 8, dtype=torch.float64)
        return self.function(None, images).flatten(1).sum(1)


@pytest.mark.parametrize(("name", "function"), REFUSED[:3])
def test_gradient_is_taken_when_asked(name, function):
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1)).double().requires_grad_(False)
    inputs, references = pairs()
    leaf = inputs.clone().requires_grad_()

    def score(out):
        return function(None, out).flatten(1).sum(1)

    (gradient,) = torch.autograd.grad(score(net(leaf)).sum(), leaf)
    result = multipliers(net, inputs, references, score, unknown_operations="gradient")
    plain = "sigmoid" not in str(function.__code__.co_names)
    assert torch.allclose(result.multiplier, gradient) == plain
    assert result.multiplier.isfinite().all()


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "efficientnet_b0", "convnext_tiny"])
def test_torchvision_networks_with_products_are_refused(name):
    net = torchvision.models.get_model(name, weights=None)
    with pytest.raises(UnsupportedOperationError, match=r"'(mul|native_layer_norm)'"):
        multipliers(net, torch.rand(1, 3, 32, 32), torch.zeros(1, 3, 32, 32), first_logit)


def test_attention_is_refused():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).double()
    with pytest.raises(UnsupportedOperationError, match="layer_norm"):
        multipliers(layer, *pairs(2, 5, 8), lambda out: out.sum((1, 2)))


def test_vision_transformer_is_refused():
    net = torchvision.models.VisionTransformer(32, 8, 1, 2, 16, 32)
    with pytest.raises(UnsupportedOperationError, match="native_layer_norm"):
        multipliers(net, torch.rand(1, 3, 32, 32), torch.zeros(1, 3, 32, 32), first_logit)


LEAF = torch.tensor([1.0, 2.0], requires_grad=True)


def test_products_are_linear_while_one_factor_alone_depends_on_the_input():
    weights = torch.tensor([3.0, 4.0])
    check_linear((LEAF * weights).sum() + (LEAF / weights).mean(), allowed=(), called=())
    with pytest.raises(UnsupportedOperationError, match="'mul' of 2 tensors that depend"):
        check_linear((LEAF * (LEAF + 1)).sum(), allowed=(), called=("mul",))
    with pytest.raises(UnsupportedOperationError, match="uses 'div'"):
        check_linear((weights / LEAF).sum(), allowed=(), called=("div",))


def test_an_activation_that_was_not_seen_is_said_to_be_out_of_sight():
    output = LEAF.relu().sum()
    with pytest.raises(UnsupportedOperationError, match="'relu' inside TorchScript or another"):
        check_linear(output, allowed=(), called=())
    check_linear(output, allowed=("Relu",), called=())


def test_every_node_is_walked_once():
    shared = LEAF * 2
    found = [type(node).__name__ for node in nodes((shared + shared.relu()).sum())]
    assert sorted(found) == [
        "AccumulateGrad", "AddBackward0", "MulBackward0", "ReluBackward0", "SumBackward0",
    ]  # fmt: skip


def test_whether_a_value_depends_on_the_input():
    assert depends(LEAF)
    assert depends([torch.ones(1), LEAF])
    assert not any(map(depends, (torch.ones(1), 3, "x", None, [], (torch.ones(1),))))
