"""Networks that compute in every way that a rescale rule must see through."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool.core.attribution.engine.rescale import Multipliers


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


class Call(nn.Module):
    """A function as a network."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, inputs):
        return self.function(inputs)
