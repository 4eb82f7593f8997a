"""DeepLIFT and DeepSHAP as methods, against libraries where those are right, on real networks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from PIL import Image
from torch import nn

from tests.core.attribution.convolutional import AGAINST, TARGET, batch, convolutional, relative_gap
from xaitool.core.attribution.deep_shap import DeepShap
from xaitool.core.attribution.deeplift import DeepLift
from xaitool.core.models.normalise import Normalise
from xaitool.core.score import Score
from xaitool.errors import UnknownNameError, UnsupportedOperationError

TORCHVISION = ["resnet18", "vgg11_bn", "alexnet", "squeezenet1_1", "mobilenet_v2"]
TRAINED = {
    "mobilenet_v2": "mobilenet_v2.pth",
    "squeezenet1_1": "squeezenet1_1.pth",
    "resnet18": "resnet18_fp16.pth",
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision_networks_as_they_are_have_no_gap(name):
    torch.manual_seed(0)
    model = torchvision.models.get_model(name, weights=None).double()
    inputs, references = batch(1, 1, size=64)
    attribution = DeepLift(model).attribute(inputs, Score(TARGET[:1], AGAINST[:1]), references)
    assert attribution.values.abs().max() > 0
    assert relative_gap(attribution) <= 1e-9


@pytest.mark.data
@pytest.mark.parametrize("name", TRAINED)
def test_trained_networks_have_no_gap_on_a_photo(name):
    root = Path(os.environ.get("XAITOOL_DATA", "absent")) / "imagenet"
    if not root.is_dir():
        pytest.skip("XAITOOL_DATA has no imagenet folder")
    model = torchvision.models.get_model(name, weights=None)
    model.load_state_dict(torch.load(root / "weights" / TRAINED[name], weights_only=True))
    normalise = Normalise([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    photo = Image.open(root / "photos" / "n01443537_goldfish.jpg").resize((96, 96))
    image = torchvision.transforms.functional.to_tensor(photo).double()[None]
    score = Score(torch.tensor([1]))  # goldfish
    method = DeepLift(nn.Sequential(normalise, model).double())
    attribution = method.attribute(image, score, torch.zeros_like(image)[:, None])
    assert relative_gap(attribution) <= 1e-9


class Moved(nn.Module):
    """The batch in the last dimension, then, if wanted, hidden in that of the rows."""

    def __init__(self, *, hidden):
        super().__init__()
        self.hidden = hidden

    def forward(self, inputs):
        moved = inputs.permute(1, 2, 3, 0).relu()
        if self.hidden:
            moved = moved.flatten(2).mul(2).tanh().unflatten(2, (*inputs.shape[3:], -1))
        return torch.nn.functional.max_pool3d(moved, (3, 3, 1), 1).permute(3, 0, 1, 2)


class OwnLimits(nn.Module):
    """A constant for each image of the batch."""

    def forward(self, inputs):
        return inputs.clamp(min=inputs.new_full((len(inputs), 1, 1, 1), 0.1))


SHARED: dict[str, Any] = {
    "relu, pool": ([nn.ReLU(inplace=True), nn.MaxPool2d(3, 1)], 96),
    "pool, sigmoid": ([nn.MaxPool2d(2), nn.Sigmoid()], 54),
    "batch moved": ([Moved(hidden=False)], 96),
    "batch hidden": ([Moved(hidden=True)], 96),
    "own limits": ([OwnLimits()], 216),
}


@pytest.mark.parametrize("rows", [1, 4, 7, 16, 64])
@pytest.mark.parametrize(("count", "references"), [(1, 1), (1, 5), (3, 1), (3, 2), (2, 3), (3, 5)])
@pytest.mark.parametrize("name", SHARED)
def test_shared_references_give_what_own_ones_give(name, count, references, rows):
    between, features = SHARED[name]
    model = convolutional(*between, features=features)
    inputs, others = batch(count, references)
    inputs, others = (inputs * 4).round() / 4, (others * 4).round() / 4  # some elements are equal
    shared = others[:1].expand(count, -1, -1, -1, -1)
    score = Score(TARGET[:count], AGAINST[:count])
    expected = [
        DeepShap(model).attribute(
            inputs[[one, one]], score.select(torch.tensor([one, one])), others[[0, 0]].clone()
        )
        for one in range(count)
    ]
    attribution = DeepShap(model).attribute(inputs, score, shared, rows=rows)
    for field in ("values", "score_input", "score_baseline"):
        wanted = torch.stack([getattr(one, field)[0] for one in expected])
        torch.testing.assert_close(getattr(attribution, field), wanted, rtol=1e-9, atol=1e-13)
    assert attribution.completeness_gap.abs().max() < 1e-12


@pytest.mark.parametrize(("count", "references", "passes"), [(3, 2, 3 + 2), (2, 5, 5 + 2)])
def test_shared_references_pass_once(count, references, passes):
    model = convolutional(nn.ReLU(), features=216)
    seen = []
    model[0].register_forward_hook(lambda module, args, output: seen.append(len(output)))
    inputs, others = batch(count, references)
    shared = others[:1].expand(count, -1, -1, -1, -1)
    DeepShap(model).attribute(
        inputs, Score(TARGET[:count]), shared, rows=2 * max(count, references)
    )
    assert sum(seen) == passes


@pytest.mark.parametrize("references", [2, 5])
def test_gradient_at_the_inputs_is_taken_with_shared_references(references):
    model = convolutional(Gated(), nn.ReLU(), features=216)
    inputs, others = batch(3, references)
    shared = others[:1].expand(3, -1, -1, -1, -1)
    method = DeepShap(model, unknown_operations="gradient")
    attribution = method.attribute(inputs, Score(TARGET), shared)
    expected = method.attribute(inputs, Score(TARGET), shared.clone())
    torch.testing.assert_close(attribution.values, expected.values, rtol=1e-9, atol=1e-13)


def test_forward_passes_stay_within_the_row_budget():
    model = convolutional(nn.ReLU(), features=216)
    seen = []
    model[0].register_forward_hook(lambda module, args, output: seen.append(len(output)))
    DeepShap(model).attribute(*with_score(3, 4), rows=6)
    assert max(seen) <= 3  # a pair counts as two rows


def with_score(count: int, references: int):
    inputs, baselines = batch(count, references)
    return inputs, Score(TARGET[:count]), baselines


def test_same_image_as_its_reference_gets_zeros():
    model = convolutional(nn.ReLU(), nn.MaxPool2d(3, 1, 1), features=216)
    inputs, _ = batch(3, 1)
    attribution = DeepLift(model).attribute(inputs, Score(TARGET), inputs[:, None])
    assert (attribution.values == 0).all()
    assert (attribution.completeness_gap == 0).all()


def test_probability_of_a_single_logit_is_complete():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
    inputs, references = batch(3, 2)
    score = Score(torch.zeros(3, dtype=torch.int64), output="probability")
    attribution = DeepLift(model.double()).attribute(inputs, score, references)
    assert relative_gap(attribution) < 1e-9


@pytest.mark.parametrize("against", [None, (TARGET + 1) % 3])
@pytest.mark.parametrize("output", ["probability", "log-probability"])
@pytest.mark.parametrize("scale", [1, 1000])
def test_scores_on_another_scale_are_complete(output, against, scale):
    model = convolutional(nn.ReLU(), features=216)
    inputs, references = batch(3, 2)
    steep = nn.Sequential(model, Times(scale))
    score = Score(TARGET, against, output)
    attribution = DeepLift(steep).attribute(inputs, score, references)
    torch.testing.assert_close(attribution.score_input, score(steep(inputs)).detach())
    change = (attribution.score_input - attribution.score_baseline).abs().max()
    assert attribution.completeness_gap.abs().max() < 1e-9 * max(1, float(change))


def test_probability_by_the_rules_written_out():
    """Slopes of the reciprocal and of the exponentials, of logits that are the pixels."""
    inputs, references = torch.rand(2, 1, 4, 1, 1, dtype=torch.float64) * 3
    score = Score(torch.tensor([2]), output="probability")
    attribution = DeepLift(nn.Flatten()).attribute(inputs, score, references[:, None])
    lead, other = ((one - one[:, 2:3]).flatten() for one in (inputs, references))
    total, total_other = lead.exp().sum(), other.exp().sum()
    shares = (1 / total - 1 / total_other) / (total - total_other) * (lead.exp() - other.exp())
    of_pixels = shares / (lead - other) * (inputs - references).flatten()
    of_pixels[2] = shares.sum() - of_pixels[[0, 1, 3]].sum()
    torch.testing.assert_close(attribution.values.flatten(), of_pixels)


class Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, logits):
        return logits * self.factor


class Gated(nn.Module):
    def forward(self, inputs):
        return inputs * inputs.mean((2, 3), keepdim=True).sigmoid()


def test_product_is_refused_unless_its_gradient_is_asked_for():
    model = convolutional(Gated(), features=216)
    inputs, references = batch(3, 1)
    with pytest.raises(UnsupportedOperationError, match="'mul' of 2 tensors"):
        DeepLift(model).attribute(inputs, Score(TARGET), references)
    method = DeepLift(model, unknown_operations="gradient")
    attribution = method.attribute(inputs, Score(TARGET), references)
    assert attribution.values.isfinite().all()
    assert attribution.completeness_gap.abs().min() > 1e-6


def test_unknown_treatment_is_refused():
    with pytest.raises(UnknownNameError, match="treatment 'gradients'"):
        DeepLift(nn.Identity(), unknown_operations="gradients")


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("between", "features"),
    [
        ([nn.ReLU(), nn.AvgPool2d(2)], 54),
        ([nn.ELU(), nn.Conv2d(6, 4, 3), nn.LeakyReLU(0.1)], 64),
        ([nn.Tanh(), nn.AvgPool2d(3, 1), nn.Conv2d(6, 4, 2), nn.Softplus()], 36),
        ([nn.Sigmoid(), nn.MaxPool2d(2)], 54),
    ],
)
def test_agrees_with_captum(between, features):
    captum = pytest.importorskip("captum.attr")
    # A module between activation and pool: Captum is wrong where they are adjacent.
    if isinstance(between[-1], nn.MaxPool2d):
        between = [between[0], nn.AvgPool2d(1), between[1]]
    model = convolutional(*between, features=features).eval()
    inputs, references = batch(3, 1)
    attribution = DeepLift(model).attribute(inputs, Score(TARGET), references)
    expected = captum.DeepLift(model).attribute(inputs, references[:, 0], target=TARGET)
    torch.testing.assert_close(attribution.values, expected.detach(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_where_input_and_reference_agree_but_for_rounding(dtype):
    torch.manual_seed(0)
    linear = nn.Linear(16, 1, bias=False)
    nn.init.constant_(linear.weight, 0.3)
    network = nn.Sequential(nn.Flatten(), linear, nn.Tanh()).to(dtype)
    score = Score(torch.tensor([0]))
    for _ in range(50):
        image = torch.rand(1, 1, 4, 4, dtype=dtype)
        # The same sum in another order: its difference is 0 or a few units in the last place.
        reference = image.flatten()[torch.randperm(16)].view_as(image)
        found = DeepLift(network).attribute(image, score, reference[:, None]).values
        slope = 0.3 * (1 - (0.3 * image.double().sum()).tanh() ** 2)
        wanted = (slope * (image.double() - reference.double())).to(dtype)
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-6)
