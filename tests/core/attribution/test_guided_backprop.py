"""Guided backpropagation against a written-out backward pass and Captum."""

import warnings

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from tests.reference.guided_relu import GuidedReLU
from xaitool.core.attribution.guided_backprop import GuidedBackprop
from xaitool.core.attribution.saliency import Saliency
from xaitool.core.score import Score
from xaitool.errors import UnsupportedOperationError

IMAGES = torch.rand(3, 2, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
SCORE = Score(torch.tensor([0, 2, 1]), torch.tensor([3, 0, 4]))


class Network(nn.Module):
    """Two convolutions and a linear layer with the same activation between them."""

    def __init__(self, activation):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Conv2d(2, 6, 3), nn.Conv2d(6, 6, 3)
        self.last = nn.Linear(24, 5)
        self.activation = activation
        self.double()

    def forward(self, images):
        hidden = self.activation(self.first(images) * 3)
        hidden = self.activation(self.second(hidden) * 3)
        return self.last(hidden.flatten(1))


def halves_in_place(x):
    """In place on two views, which the caller sees in the whole."""
    x[:, :3].relu_()
    F.relu(x[:, 3:], inplace=True)
    return x


def written_in_place(x):
    x.relu_()
    return x


RELUS = {
    "module": nn.ReLU(),
    "in place": nn.ReLU(inplace=True),
    "functional": F.relu,
    "functional in place": lambda x: F.relu(x, inplace=True),
    "keyword": lambda x: F.relu(input=x),
    "function": torch.relu,
    "function in place": torch.relu_,
    "method": torch.Tensor.relu,
    "result unused": written_in_place,
    "views in place": halves_in_place,
    "operator": torch.ops.aten.relu.default,
    "clamp": lambda x: x.clamp(min=0),
    "clamp by position": lambda x: torch.clamp(x, 0.0, None),
    "clamp in place": lambda x: x.clamp_(min=0),
    "clamp_min": lambda x: x.clamp_min(0),
    "clip": lambda x: torch.clip(x, 0),
}
RELU6S = {
    "module": nn.ReLU6(),
    "in place": nn.ReLU6(inplace=True),
    "functional": F.relu6,
    "hardtanh": lambda x: F.hardtanh(x, 0.0, 6.0),
    "hardtanh in place": lambda x: F.hardtanh_(x, min_val=0.0, max_val=6.0),
}


def values(model, method=GuidedBackprop):
    return method(model).attribute(IMAGES, SCORE, rows=2).values


@pytest.mark.parametrize("name", RELUS)
def test_every_way_to_write_a_relu(name):
    expected = values(Network(GuidedReLU()), Saliency)
    assert not torch.allclose(expected, values(Network(nn.ReLU()), Saliency))
    torch.testing.assert_close(values(Network(RELUS[name])), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", RELU6S)
def test_every_way_to_write_a_relu6(name):
    model = Network(GuidedReLU(top=6.0))
    model.first.weight.data.mul_(20)
    ours = Network(RELU6S[name])
    ours.load_state_dict(model.state_dict())
    torch.testing.assert_close(values(ours), values(model, Saliency), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "activation",
    [F.gelu, F.leaky_relu, F.silu, torch.tanh, F.hardtanh, lambda x: x.clamp(0, 1), torch.abs],
)
def test_other_activations_keep_their_gradient(activation):
    model = Network(activation)
    assert torch.equal(values(model), values(model, Saliency))


def test_a_branch_that_does_not_depend_on_the_input_is_left_alone():
    class WithConstant(Network):
        def forward(self, images):
            return super().forward(images) + F.relu(self.last.bias)

    expected = values(Network(GuidedReLU()), Saliency)
    torch.testing.assert_close(values(WithConstant(nn.ReLU())), expected)


def test_torchvision_reuses_its_activations_in_place():
    torch.manual_seed(0)
    model = torchvision.models.resnet18(num_classes=5).double()
    images = torch.rand(2, 3, 40, 40, dtype=torch.float64)
    score = Score(torch.tensor([0, 2]))
    ours = GuidedBackprop(model).attribute(images, score)
    for module in list(model.modules()):
        if isinstance(getattr(module, "relu", None), nn.ReLU):
            module.relu = GuidedReLU()
    expected = Saliency(model).attribute(images, score)
    torch.testing.assert_close(ours.values, expected.values, rtol=1e-9, atol=1e-12)


def first_half_in_place(x):
    x = x.clone()
    x[:, :3].relu_()
    return x


class Doubled(torch.autograd.Function):
    """A custom function; its ReLU has a gradient of its own."""

    @staticmethod
    def forward(ctx, x, rectified):
        ctx.mask = (x > 0) if rectified else torch.ones_like(x)
        return F.relu(x * 2) if rectified else x * 2

    @staticmethod
    def backward(ctx, gradient):
        return 2 * gradient * ctx.mask, None


OUT_OF_SIGHT = {
    "scripted function": (lambda: torch.jit.script(F.relu), "'relu' inside other code"),
    "scripted view": (lambda: torch.jit.script(first_half_in_place), "'relu_?' inside other code"),
    "function": (lambda: lambda x: Doubled.apply(x, True), "the autograd function Doubled"),
}


@pytest.mark.filterwarnings("ignore:`torch.jit")
@pytest.mark.parametrize("name", OUT_OF_SIGHT)
def test_a_relu_out_of_sight_is_refused(name):
    make, words = OUT_OF_SIGHT[name]
    with pytest.raises(UnsupportedOperationError, match=words):
        values(Network(make()))


def test_a_recurrent_network_of_relus_is_refused():
    model = nn.Sequential(nn.Flatten(1, 2), nn.RNN(6, 5, nonlinearity="relu", batch_first=True))
    model = nn.Sequential(model, Last()).double()
    with pytest.raises(UnsupportedOperationError, match="'relu' inside other code"):
        values(model)


class Last(nn.Module):
    def forward(self, outputs):
        return outputs[0][:, -1]


def test_an_autograd_function_without_relus_keeps_its_gradient():
    def activation(x):
        with torch.no_grad():
            scale = x.abs().mean()
        return F.relu(Doubled.apply(x, False)) * scale

    def guided(x):
        with torch.no_grad():
            scale = x.abs().mean()
        return GuidedReLU()(x * 2) * scale

    torch.testing.assert_close(values(Network(activation)), values(Network(guided), Saliency))


def test_nothing_stays_in_force():
    model = Network(nn.ReLU())
    before = values(model, Saliency)
    values(model)
    assert torch.equal(values(model, Saliency), before)


@pytest.mark.oracle
def test_agrees_with_captum_on_modules():
    captum = pytest.importorskip("captum.attr")
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 6, 3), nn.ReLU(), nn.Conv2d(6, 6, 3), nn.ReLU(), nn.Flatten()]
    model = nn.Sequential(*layers, nn.Linear(24, 5)).double()
    ours = GuidedBackprop(model).attribute(IMAGES, Score(SCORE.target))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its own hooks
        theirs = captum.GuidedBackprop(model).attribute(IMAGES.clone(), target=SCORE.target)
    torch.testing.assert_close(ours.values, theirs.detach(), rtol=1e-12, atol=1e-15)
