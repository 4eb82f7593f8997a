"""The DeepLIFT engine: closed forms, tiny networks of every kind, and what it refuses."""

from __future__ import annotations

import gc
import math
import weakref

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from tests.reference.deeplift_max_pool import max_pool_multiplier
from xaitool.core.attribution.engine.rescale import Multipliers, Passed, multipliers
from xaitool.core.attribution.engine.rescale_rules import Ramp
from xaitool.errors import ModelError, UnsupportedOperationError


class Network(nn.Module):
    """Two convolutions, a linear layer, and a function between that the test gives."""

    def __init__(self, function, channels=4):
        super().__init__()
        torch.manual_seed(0)
        self.function = function
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(channels, 6, 3)
        self.last = nn.LazyLinear(5)
        self.relu = nn.ReLU()
        self.relu_in_place = nn.ReLU(inplace=True)
        self.norm = nn.BatchNorm2d(4)
        self.prelu = nn.PReLU(4)
        self.dropout = nn.Dropout(0.5)
        state = {"running_mean": torch.randn(4), "running_var": 0.5 + torch.rand(4)}
        self.norm.load_state_dict(state, strict=False)
        self.double()
        self(torch.zeros(1, 3, 8, 8, dtype=torch.float64))

    def forward(self, images):
        between = self.function(self, self.first(images))
        return self.last(self.second(between).flatten(1))


def first_logit(logits: Tensor) -> Tensor:
    return logits[:, 0]


def pairs(count: int = 3, *shape: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    size = (2, count, *(shape or (3, 8, 8)))
    inputs, references = torch.rand(size, generator=generator, dtype=torch.float64)
    return inputs, references


def relative_gap(inputs: Tensor, references: Tensor, result: Multipliers) -> float:
    total = (result.multiplier * (inputs - references)).flatten(1).sum(1)
    change = result.score_input - result.score_reference
    return float(((total - change) / change).abs().max())


def add_in_place(net, x):
    out = net.relu(x)
    out += x
    return net.relu_in_place(out)


def write_into_view(net, x):
    x = x.clone()
    x[:, :2].mul_(3)
    F.relu(x[:, 1:], inplace=True)
    x[:, 0] = x[:, 1]
    return x


def overwrite_around_pool(net, x):
    x = x.clone()
    pooled = F.max_pool2d(x, 2)
    highest = x.amax((2, 3), keepdim=True)
    x += 5
    x *= 2
    pooled.relu_()
    highest.mul_(3).clamp_(max=0.5)
    return F.avg_pool2d(x, 2) + pooled + highest


def branches(net, x):
    return torch.cat((F.relu(x[:, :2]), torch.sigmoid(x[:, 1:3])), 1)


def batch_last(net, x):
    moved = x.permute(1, 2, 3, 0)
    return F.max_pool1d(F.relu(moved).permute(3, 0, 1, 2).flatten(2), 3, 1, 1).view_as(x)


def batch_in_space(net, x):
    return (
        F.relu(torch.cat(x.unbind(0), 1).unsqueeze(0))
        .squeeze(0)
        .unflatten(1, (-1, 8))
        .movedim(1, 0)
    )


def shapes_and_constants(net, x):
    ones = torch.ones_like(x) + x.new_zeros(1) + torch.full((1,), 2.0).to(x)
    assert x.size(0) == len(x)
    assert x.is_floating_point()
    return F.relu(x * ones).roll(1, 2).reshape(x.shape)


NETWORKS = {
    "F.relu": lambda net, x: F.relu(x),
    "torch.relu": lambda net, x: torch.relu(x),
    "keyword": lambda net, x: torch.relu(input=x),
    "method": lambda net, x: x.relu(),
    "method in place": lambda net, x: x.relu_(),
    "aten": lambda net, x: torch.ops.aten.relu.default(x),
    "clamp": lambda net, x: x.clamp(min=0),
    "torch.clamp": lambda net, x: torch.clamp(x, -0.1, 0.2),
    "clamp in place": lambda net, x: x.clamp_(0, 1),
    "F.hardtanh in place": lambda net, x: F.hardtanh(x, -0.2, 0.2, inplace=True),
    "relu6": lambda net, x: F.relu6(x * 20),
    "leaky_relu": lambda net, x: F.leaky_relu(x, 0.2),
    "leaky_relu positional in place": lambda net, x: F.leaky_relu(x, 0.2, True),
    "elu": lambda net, x: F.elu(x),
    "selu": lambda net, x: F.selu(x),
    "celu": lambda net, x: F.celu(x),
    "gelu": lambda net, x: F.gelu(x),
    "silu in place": lambda net, x: F.silu(x, inplace=True),
    "mish": lambda net, x: F.mish(x),
    "softplus": lambda net, x: F.softplus(x),
    "softsign": lambda net, x: F.softsign(x),
    "sigmoid": lambda net, x: x.sigmoid(),
    "logsigmoid": lambda net, x: F.logsigmoid(x),
    "tanh": lambda net, x: torch.tanh(x),
    "tanhshrink": lambda net, x: F.tanhshrink(x),
    "hardswish": lambda net, x: F.hardswish(x * 4),
    "hardsigmoid": lambda net, x: F.hardsigmoid(x * 4),
    "threshold": lambda net, x: F.threshold(x, 0.1, 0.05),
    "prelu": lambda net, x: net.prelu(x),
    "exp": lambda net, x: x.exp(),
    "square": lambda net, x: x**2,
    "reciprocal": lambda net, x: 1 / (x + 9),
    "power of two": lambda net, x: 2**x,
    "sine of an absolute": lambda net, x: torch.sin(abs(x)),
    "reused module": lambda net, x: net.relu(net.norm(net.relu(x)) - 0.3),
    "reused in place": lambda net, x: net.relu_in_place(net.norm(net.relu_in_place(x)) - 0.3),
    "residual add in place": add_in_place,
    "write into a view": write_into_view,
    "concatenation": branches,
    "relu then pool": lambda net, x: F.max_pool2d(net.relu(x), 2),
    "overlapping pool": lambda net, x: F.max_pool2d(net.relu_in_place(x), 3, 1, 1),
    "dilated pool, ceil mode": lambda net, x: F.max_pool2d(x, 2, 2, 0, 2, ceil_mode=True),
    "torch.max_pool2d": lambda net, x: torch.max_pool2d(x, 3, 2),
    "aten max_pool2d": lambda net, x: torch.ops.aten.max_pool2d.default(x, [2, 2], [1, 1]),
    "max_pool3d": lambda net, x: F.max_pool3d(x, (3, 2, 2), 1, (1, 0, 0)),
    "max over channels": lambda net, x: x - x.max(1, keepdim=True)[0],
    "values of a maximum": lambda net, x: x + torch.max(x, dim=2).values.unsqueeze(2),
    "min over channels": lambda net, x: x - x.min(dim=1, keepdim=True).values,
    "amin": lambda net, x: x + x.relu().amin((2, 3), keepdim=True),
    "maximum of two": lambda net, x: torch.maximum(x, other=x.flip(1)),
    "maximum of two by the name of one": lambda net, x: x.max(x[:, :1] * 2),
    "minimum with a constant": lambda net, x: x.minimum(torch.tensor(0.1)),
    "aten maximum": lambda net, x: torch.ops.aten.maximum.default(x, x.roll(1, 3)),
    "pool with indices": lambda net, x: F.max_pool2d(x, 3, 1, 1, return_indices=True)[0],
    "module with indices": lambda net, x: nn.MaxPool2d(3, 2, return_indices=True)(x)[0],
    "adaptive pool with indices": lambda net, x: F.adaptive_max_pool2d_with_indices(x, 5)[0],
    "aten pool with indices": lambda net, x: torch.ops.aten.max_pool2d_with_indices(x, [3, 2], 1)[
        0
    ],
    "place of a maximum unused": lambda net, x: x + torch.zeros(x.max(1)[1].shape[1:]),
    "adaptive max pool": lambda net, x: F.adaptive_max_pool2d(x, (5, 3)),
    "pool, then overwrite": overwrite_around_pool,
    "amax": lambda net, x: x - x.amax((2, 3), keepdim=True),
    "average pools": lambda net, x: F.adaptive_avg_pool2d(F.avg_pool2d(F.relu(x), 2, 1), 5),
    "dropout in eval mode": lambda net, x: F.dropout2d(net.dropout(F.relu(x)), training=False),
    "padding and up-sampling": lambda net, x: F.pad(
        F.interpolate(F.relu(x), scale_factor=2, mode="bilinear"), (1, 1, 2, 0), mode="reflect"
    ),
    "channel shuffle": lambda net, x: (
        F.relu(x).view(-1, 2, 2, 8, 8).transpose(1, 2).contiguous().flatten(1, 2)
    ),
    "batch moved": batch_last,
    "batch hidden in space": batch_in_space,
    "shapes and constants": shapes_and_constants,
}

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
    passed = Passed(net, images, as_references=as_references)
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
    leaf = weakref.ref(Passed(Network(NETWORKS[names.get(name, name)]), pairs()[0]).leaf)
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


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - OVERWRITING))
def test_equal_input_and_reference_give_the_gradient(name):
    net = Network(NETWORKS[name]).eval().requires_grad_(False)
    inputs, _ = pairs()
    leaf = inputs.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(net(leaf.clone())[:, 0].sum(), leaf)
    result = multipliers(net, inputs, inputs, first_logit)
    torch.testing.assert_close(result.multiplier, gradient)


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


class Call(nn.Module):
    """A function as a network."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, inputs):
        return self.function(inputs)


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
