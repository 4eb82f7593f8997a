"""Vision transformers of torchvision, small and with random weights."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import SwinTransformer, VisionTransformer

from xaitool import registry
from xaitool.core.score import Score
from xaitool.errors import UnsupportedOperationError

INPUTS = torch.rand(2, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
BASELINES = torch.zeros(2, 1, 3, 32, 32, dtype=torch.float64)

GRADIENT_METHODS = (
    "saliency",
    "input-x-gradient",
    "smooth-grad",
    "integrated-gradients",
    "blur-ig",
    "expected-gradients",
    "agi",
)


def vision_transformer():
    return VisionTransformer(
        image_size=32,
        patch_size=8,
        num_layers=2,
        num_heads=2,
        hidden_dim=16,
        mlp_dim=32,
        num_classes=4,
    )


def swin_transformer():
    return SwinTransformer(
        patch_size=[4, 4],
        embed_dim=8,
        depths=[1, 1],
        num_heads=[1, 2],
        window_size=[4, 4],
        num_classes=4,
    )


@pytest.fixture(params=[vision_transformer, swin_transformer])
def network(request):
    torch.manual_seed(0)
    network = request.param().double()
    for parameter in network.parameters():
        # Torchvision starts a head at zero, which would explain nothing.
        if parameter.ndim > 1:
            nn.init.normal_(parameter, std=0.3)
        else:
            nn.init.uniform_(parameter, 0.2, 1)
    return network


def first_against_second(network):
    with torch.no_grad():
        first, second = copy.deepcopy(network).eval()(INPUTS).topk(2).indices.unbind(1)
    return Score(first, against=second)


def attribute(name, network, rows=64, **options):
    method = registry.load("method", name)(network, **options)
    return method.attribute(INPUTS, first_against_second(network), BASELINES, rows=rows)


@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_a_gradient_method_whatever_the_rows(network, name):
    together = attribute(name, network, rows=64).values
    assert together.isfinite().all()
    assert together.abs().amax((1, 2, 3)).min() > 1e-5
    assert torch.allclose(together, attribute(name, network, rows=3).values, rtol=1e-8, atol=1e-12)
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_saliency_is_the_slope_of_the_score(network):
    values = attribute("saliency", network).values
    score = first_against_second(network.eval())
    direction = torch.randn_like(INPUTS)
    with torch.no_grad():
        rise = score(network(INPUTS + 1e-6 * direction)) - score(network(INPUTS - 1e-6 * direction))
    assert torch.allclose((values * direction).sum((1, 2, 3)), rise / 2e-6, rtol=1e-5)


def test_integrated_gradients_gap_shrinks_as_the_points_double(network):
    gaps = [
        attribute("integrated-gradients", network, steps=steps).completeness_gap.abs().max()
        for steps in (8, 16, 32, 64)
    ]
    assert gaps[1] < gaps[0] / 10
    assert gaps[2] < gaps[1] / 10
    assert gaps[3] < 1e-12


@pytest.mark.parametrize("name", ["deeplift", "deep-shap"])
def test_deeplift_names_the_operation(network, name):
    with pytest.raises(UnsupportedOperationError, match="uses 'native_layer_norm', but only"):
        attribute(name, network)


def test_guided_backprop_has_no_relu_to_guide(network):
    values = attribute("guided-backprop", network).values
    assert torch.equal(values, attribute("saliency", network).values)


def test_grad_cam_weighs_the_only_convolution_the_patch_embedding(network):
    values = attribute("grad-cam", network).values
    score = first_against_second(network)
    kept = []
    convolution = next(one for one in network.modules() if isinstance(one, nn.Conv2d))
    handle = convolution.register_forward_hook(lambda *call: kept.append(call[2]))
    scores = score(network.eval()(INPUTS))
    handle.remove()
    (gradient,) = torch.autograd.grad(scores.sum(), kept[0])
    coarse = (gradient.mean((2, 3), keepdim=True) * kept[0]).sum(1, keepdim=True).relu()
    fine = F.interpolate(coarse.detach(), (32, 32), mode="bilinear")
    assert fine.abs().max() > 0
    assert torch.allclose(values.sum(1, keepdim=True), fine)
