"""Grad-CAM against the printed formula and Captum, and what it does with odd networks."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from xaitool.core.attribution.grad_cam import GradCam
from xaitool.core.score import Score
from xaitool.errors import ModelError, UnknownNameError

IMAGES = torch.rand(3, 3, 12, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
SCORE = Score(torch.tensor([0, 2, 1]))


class Network(nn.Module):
    """Two convolutions, the second registered first, and a gate of one position."""

    def __init__(self, *, inplace=False):
        super().__init__()
        torch.manual_seed(0)
        self.second = nn.Conv2d(6, 8, 3)
        self.first = nn.Conv2d(3, 6, 3)
        self.gate = nn.Conv2d(8, 8, 1)
        self.spare = nn.Conv2d(8, 8, 1)
        self.activation = nn.ReLU(inplace=inplace)
        self.last = nn.Linear(8, 5)
        self.double()

    def forward(self, images):
        hidden = self.activation(self.second(self.activation(self.first(images))))
        pooled = hidden.mean((2, 3), keepdim=True)
        return self.last((pooled * self.gate(pooled).sigmoid()).flatten(1))


def by_formula(model, layer, images=IMAGES, relu=True):
    kept = []
    handle = layer.register_forward_hook(lambda module, inputs, output: kept.append(output))
    scores = SCORE(model(images))
    handle.remove()
    (gradient,) = torch.autograd.grad(scores.sum(), kept[-1])
    weights = gradient.mean((2, 3))
    coarse = torch.einsum("nk,nkhw->nhw", weights, kept[-1]).detach()[:, None]
    coarse = coarse.relu() if relu else coarse
    return F.interpolate(coarse, images.shape[2:], mode="bilinear", align_corners=False)


def hooks(model):
    return [hook for module in model.modules() for hook in module._forward_hooks]


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("layer", ["first", "second", None])
def test_equals_the_formula(layer, relu):
    model = Network()
    result = GradCam(model, layer=layer, relu=relu).attribute(IMAGES, SCORE, rows=2)
    expected = by_formula(model, getattr(model, layer or "second"), relu=relu)
    torch.testing.assert_close(result.values, (expected / 3).expand_as(IMAGES))
    torch.testing.assert_close(result.values.sum(1, keepdim=True), expected)
    assert (result.values.min() >= 0) == relu
    assert result.score_baseline.isnan().all()
    assert result.completeness_gap.isnan().all()


@pytest.mark.oracle
@pytest.mark.parametrize("relu", [True, False])
def test_agrees_with_captum(relu):
    captum = pytest.importorskip("captum.attr")
    model = Network()
    coarse = captum.LayerGradCam(model, model.second).attribute(
        IMAGES.clone(), target=SCORE.target, relu_attributions=relu
    )
    theirs = captum.LayerAttribution.interpolate(coarse, IMAGES.shape[2:], "bilinear")
    ours = GradCam(model, relu=relu).attribute(IMAGES, SCORE)
    torch.testing.assert_close(
        ours.values.sum(1, keepdim=True), theirs.detach(), rtol=1e-10, atol=1e-13
    )


def test_an_activation_in_place_after_the_layer_changes_nothing():
    plain = GradCam(Network()).attribute(IMAGES, SCORE)
    in_place = GradCam(Network(inplace=True)).attribute(IMAGES, SCORE)
    torch.testing.assert_close(in_place.values, plain.values)


def test_a_layer_that_is_run_twice_counts_the_last_time():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.body = nn.Conv2d(3, 3, 3, padding=1)
            self.last = nn.Linear(3, 5)
            self.double()

        def forward(self, images):
            return self.last(self.body(self.body(images).tanh()).tanh().mean((2, 3)))

    model = Twice()
    result = GradCam(model).attribute(IMAGES, SCORE)
    torch.testing.assert_close(result.values.sum(1, keepdim=True), by_formula(model, model.body))


def test_residual_block_of_a_wrapped_network_by_its_short_name():
    torch.manual_seed(0)
    network = torchvision.models.resnet18(num_classes=5).double().eval()
    model = nn.Sequential(nn.Identity(), network)
    images = torch.rand(3, 3, 64, 64, dtype=torch.float64)
    result = GradCam(model, layer="layer4").attribute(images, SCORE)
    expected = by_formula(model, network.layer4, images)
    torch.testing.assert_close(result.values.sum(1, keepdim=True), expected)
    full = GradCam(model, layer="1.layer4").attribute(images, SCORE)
    assert torch.equal(full.values, result.values)


def test_unknown_and_ambiguous_layers_are_clear_errors():
    model = nn.Sequential(Network(), Network())
    with pytest.raises(UnknownNameError, match="unknown layer 'secnd'") as unknown:
        GradCam(model[0], layer="secnd").attribute(IMAGES, SCORE)
    assert "did you mean 'second'" in str(unknown.value)
    with pytest.raises(UnknownNameError) as ambiguous:
        GradCam(model, layer="second").attribute(IMAGES, SCORE)
    assert "0.second, 1.second" in str(ambiguous.value.hint)


@pytest.mark.parametrize(
    ("layer", "fault"),
    [("last", "'last' of Network has no feature map"), ("spare", "'spare' of Network has no")],
)
def test_layers_without_a_feature_map_are_clear_errors(layer, fault):
    model = Network()
    with pytest.raises(ModelError, match=fault):
        GradCam(model, layer=layer).attribute(IMAGES, SCORE)
    assert not hooks(model)


@pytest.mark.parametrize("detached", [True, False])
def test_a_layer_without_effect_is_a_clear_error(detached):
    class Aside(Network):
        def forward(self, images):
            logits = super().forward(images)
            wide = torch.cat([images] * 3, 1)[:, :8]
            self.spare(wide.detach() if detached else wide)
            return logits

    model = Aside()
    with pytest.raises(ModelError, match="the last convolution of Aside has no effect"):
        GradCam(model).attribute(IMAGES, SCORE)
    assert not hooks(model)


def test_a_network_without_convolutions_is_a_clear_error():
    model = nn.Sequential(nn.Flatten(), nn.Linear(324, 5)).double()
    with pytest.raises(ModelError, match="Sequential has no two-dimensional convolution"):
        GradCam(model).attribute(IMAGES, SCORE)


@pytest.fixture(scope="module")
def residual():
    torch.manual_seed(0)
    return torchvision.models.resnet18(num_classes=5).double().eval()


@pytest.fixture(scope="module")
def program(residual):
    images = torch.rand(2, 3, 40, 40, dtype=torch.float64)
    return nn.Sequential(InTwos(torch.export.export(residual, (images,)).module()))


class InTwos(nn.Module):
    """Calls a program of two images, and fills the last two up."""

    def __init__(self, program):
        super().__init__()
        self.program = program

    def forward(self, images):
        parts = images.split(2)
        last = parts[-1].expand(2, -1, -1, -1)
        return torch.cat([self.program(part) for part in (*parts[:-1], last)])[: len(images)]


@pytest.mark.parametrize("layer", [None, "layer4", "layer2.0", "layer3.1.conv1", "bn1"])
def test_an_exported_program_is_as_the_network_that_it_was_made_of(residual, program, layer):
    images = torch.rand(3, 3, 40, 40, dtype=torch.float64)
    ours = GradCam(program, layer=layer).attribute(images, SCORE)
    wanted = GradCam(residual, layer=layer).attribute(images, SCORE)
    torch.testing.assert_close(ours.values, wanted.values)
    assert wanted.values.abs().max() > 0


def test_layers_of_a_program_are_listed(program):
    with pytest.raises(UnknownNameError) as unknown:
        GradCam(program, layer="lyer4").attribute(IMAGES, SCORE)
    assert "layer4.1.conv1, layer4.1.conv2" in str(unknown.value.hint)


def test_convolutions_that_are_no_modules():
    class Functional(Network):
        def forward(self, images):
            hidden = F.conv2d(images, self.first.weight, self.first.bias).relu_()
            hidden = torch.conv2d(hidden, self.second.weight, self.second.bias).relu_()
            return self.last(hidden.mean((2, 3)))

    class Plain(Network):
        def forward(self, images):
            hidden = self.activation(self.second(self.activation(self.first(images))))
            return self.last(hidden.mean((2, 3)))

    ours, wanted = (GradCam(one()).attribute(IMAGES, SCORE).values for one in (Functional, Plain))
    torch.testing.assert_close(ours, wanted)


@pytest.mark.parametrize("layer", [None, "second"])
def test_no_hook_stays_after_an_error(layer):
    class Breaks(Network):
        def forward(self, images):
            super().forward(images)
            raise RuntimeError("broken on purpose")

    model = Breaks()
    with pytest.raises(RuntimeError, match="on purpose"):
        GradCam(model, layer=layer).attribute(IMAGES, SCORE)
    assert not hooks(model)


def test_hooks_of_the_user_stay():
    model = Network()
    seen = []
    model.second.register_forward_hook(lambda module, inputs, output: seen.append(output))
    GradCam(model).attribute(IMAGES, SCORE)
    assert len(hooks(model)) == 1
    assert len(seen) == 2
