"""Methods on torchvision's networks as they are, with trained weights and photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.functional import center_crop, resize, to_tensor

from xaitool import registry
from xaitool.core.attribution.agi import AdversarialGradientIntegration
from xaitool.core.attribution.deep_shap import DeepShap
from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.models.normalise import Normalise
from xaitool.core.score import Score

CONVOLUTIONAL = ["resnet18", "vgg11_bn", "alexnet", "squeezenet1_1", "mobilenet_v2"]
WEIGHTS = {"mobilenet_v2": "mobilenet_v2.pth", "resnet18": "resnet18_fp16.pth"}
SIDE = 64


def trained(root: Path, name: str) -> nn.Sequential:
    """On pixels, float32."""
    network = torchvision.models.get_model(name, weights=None)
    file = root / "imagenet" / "weights" / WEIGHTS[name]
    network.load_state_dict(torch.load(file, weights_only=True))
    return nn.Sequential(Normalise([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]), network).eval()


def photographs(root: Path, count: int) -> Tensor:
    """Spread over the folder, ``(count, 3, 64, 64)``."""
    files = sorted((root / "imagenet" / "photos").glob("*.jpg"))
    images = []
    for file in files[:: len(files) // count][:count]:
        with Image.open(file) as photo:
            images.append(center_crop(resize(to_tensor(photo.convert("RGB")), [SIDE]), [SIDE]))
    return torch.stack(images)


def predicted(model: nn.Module, images: Tensor) -> Score:
    with torch.no_grad():
        return Score(model(images).argmax(1))


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_deep_shap_has_no_gap(name: str) -> None:
    torch.manual_seed(0)
    model = torchvision.models.get_model(name, weights=None).double().eval()
    images, references = torch.rand(1, 3, SIDE, SIDE).double(), torch.rand(1, 2, 3, SIDE, SIDE)
    score = Score(torch.tensor([3]), torch.tensor([7]))
    result = DeepShap(model).attribute(images, score, references.double())
    change = result.score_input - result.score_baseline
    assert (result.completeness_gap / change).abs().max() <= 1e-9


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_gap_of_integrated_gradients_shrinks_as_the_points_double(
    name: str, real_data: Path
) -> None:
    """On average, and from some points on: a network with kinks has no rate for each image."""
    model, images = trained(real_data, name), photographs(real_data, 6)
    black = torch.zeros_like(images)[:, None]
    gaps = []
    for steps in (24, 48, 96):
        method = IntegratedGradients(model, steps=steps)
        result = method.attribute(images, predicted(model, images), black, rows=16)
        gaps.append(float(result.completeness_gap.abs().mean()))
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < gaps[0] / 3


@pytest.mark.data
@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_agi_goes_from_a_photograph_to_other_classes(name: str, real_data: Path) -> None:
    model, images = trained(real_data, name), photographs(real_data, 2)
    score = Score(predicted(model, images).target, output="probability")
    method = AdversarialGradientIntegration(model, classes=3, steps=20, epsilon=0.02)
    result = method.attribute(images, score, rows=8)
    assert result.extras["reached"].all()
    assert (result.score_baseline < result.score_input).all()
    torch.testing.assert_close(
        result.completeness_gap,
        result.values.sum((1, 2, 3)) - (result.score_input - result.score_baseline),
    )


def captums(name: str, model: nn.Module, images: Tensor, target: Tensor) -> Any:
    """What Captum makes of it, with options that mean the same."""
    captum = pytest.importorskip("captum.attr")
    if name == "saliency":
        return captum.Saliency(model).attribute(images, target, abs=False)
    if name == "input-x-gradient":
        return captum.InputXGradient(model).attribute(images, target)
    if name == "guided-backprop":
        return captum.GuidedBackprop(model).attribute(images, target)
    if name == "grad-cam":
        layer = model.get_submodule("1.layer4")
        coarse = captum.LayerGradCam(model, layer).attribute(images, target, relu_attributions=True)
        fine = captum.LayerAttribution.interpolate(coarse, (SIDE, SIDE), "bilinear")
        return (fine / 3).expand_as(images)
    if name == "occlusion":
        window, stride = (3, 32, 32), (3, 16, 16)
        return captum.Occlusion(model).attribute(images, window, stride, target=target)
    return captum.IntegratedGradients(model).attribute(
        images, target=target, n_steps=8, method="gausslegendre"
    )


OPTIONS: dict[str, dict[str, Any]] = {
    "saliency": {},
    "input-x-gradient": {},
    "guided-backprop": {},
    "grad-cam": {"layer": "layer4"},
    "occlusion": {"window": 32, "stride": 16},
    "integrated-gradients": {"steps": 8},
}


@pytest.mark.data
@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_agrees_with_captum_on_a_trained_residual_network(name: str, real_data: Path) -> None:
    model, images = trained(real_data, "resnet18").double(), photographs(real_data, 2).double()
    score = predicted(model, images)
    method = registry.load("method", name)(model, **OPTIONS[name])
    ours = method.attribute(images, score, torch.zeros_like(images)[:, None]).values
    given = images.clone().requires_grad_()
    theirs = captums(name, model, given, score.target).detach().double()
    # Captum computes in float32 the weights of integrated gradients, and all of occlusion.
    precision = 1e-6 * float(theirs.abs().max())
    torch.testing.assert_close(ours, theirs, rtol=0, atol=precision)
