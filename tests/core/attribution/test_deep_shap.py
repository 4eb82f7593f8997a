"""DeepSHAP: a mean of DeepLIFT, its closed form, and libraries where those are right."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.core.attribution.convolutional import AGAINST, TARGET, batch, convolutional, relative_gap
from xaitool.core.attribution.deep_shap import DeepShap
from xaitool.core.attribution.deeplift import DeepLift
from xaitool.core.score import Score


def test_linear_model_has_the_closed_form():
    torch.manual_seed(0)
    linear = nn.Linear(192, 5).double()
    inputs, references = batch(3, 4)
    method = DeepShap(nn.Sequential(nn.Flatten(), linear))
    attribution = method.attribute(inputs, Score(TARGET, AGAINST), references)
    weight = (linear.weight[TARGET] - linear.weight[AGAINST]).detach().view_as(inputs)
    torch.testing.assert_close(attribution.values, weight * (inputs - references.mean(1)))


@pytest.mark.parametrize("rows", [1, 2, 5, 6, 64])
def test_row_budget_does_not_change_the_result(rows):
    model = convolutional(nn.ReLU(), nn.MaxPool2d(3, 2), features=24)
    inputs, references = batch(3, 4)
    score = Score(TARGET, AGAINST)
    expected = DeepShap(model).attribute(inputs, score, references, rows=1000)
    attribution = DeepShap(model).attribute(inputs, score, references, rows=rows)
    for field in ("values", "score_input", "score_baseline"):
        torch.testing.assert_close(
            getattr(attribution, field), getattr(expected, field), rtol=1e-10, atol=1e-14
        )
    assert attribution.completeness_gap.abs().max() < 1e-12


def test_several_references_are_averaged():
    model = convolutional(nn.ReLU(), nn.MaxPool2d(2), features=54)
    inputs, references = batch(3, 4)
    score = Score(TARGET)
    mean = DeepShap(model).attribute(inputs, score, references)
    single = [
        DeepLift(model).attribute(inputs, score, references[:, one : one + 1]) for one in range(4)
    ]
    expected = torch.stack([attribution.values for attribution in single]).mean(0)
    torch.testing.assert_close(mean.values, expected)
    with torch.no_grad():
        logits = model(references.flatten(0, 1)).view(3, 4, 5)
    torch.testing.assert_close(mean.score_baseline, logits.mean(1)[range(3), TARGET])
    assert relative_gap(mean) < 1e-9


def test_deep_shap_draws_its_references_from_a_dataset():
    assert DeepLift.default_baseline == "zero"
    assert DeepShap.default_baseline == "dataset"
    assert DeepShap.needs_baseline


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
def test_deep_shap_agrees_with_captum():
    captum = pytest.importorskip("captum.attr")
    model = convolutional(nn.ReLU(), nn.AvgPool2d(2), features=54).eval()
    inputs, references = batch(3, 6)
    shared = references[:1].expand(3, -1, -1, -1, -1)
    attribution = DeepShap(model).attribute(inputs, Score(TARGET), shared)
    expected = captum.DeepLiftShap(model).attribute(inputs, references[0], target=TARGET)
    torch.testing.assert_close(attribution.values, expected.detach(), rtol=1e-9, atol=1e-12)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
def test_deep_shap_agrees_with_shap():
    shap = pytest.importorskip("shap")
    layers = [nn.ReLU(), nn.MaxPool2d(2, 2), nn.Conv2d(6, 8, 2), nn.ReLU()]
    model = convolutional(*layers, features=32).float().eval()
    inputs, references = (part.float() for part in batch(3, 10))
    shared = references[:1].expand(3, -1, -1, -1, -1)
    attribution = DeepShap(model).attribute(inputs, Score(TARGET), shared)
    explainer = shap.DeepExplainer(model, references[0])
    expected = torch.from_numpy(explainer.shap_values(inputs, check_additivity=True)).float()
    chosen = expected[torch.arange(3), ..., TARGET]
    scale = float(chosen.abs().max())
    torch.testing.assert_close(attribution.values, chosen, rtol=1e-4, atol=1e-4 * scale)
