"""Input times gradient against closed forms and Captum."""

import pytest
import torch
from torch import nn

from xaitool.core.attribution.input_x_gradient import InputXGradient
from xaitool.core.score import Score

IMAGES = torch.rand(3, 2, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
TARGET = torch.tensor([0, 2, 1])


def test_a_linear_model_is_explained_completely():
    torch.manual_seed(0)
    linear = nn.Linear(50, 3).double()
    model = nn.Sequential(nn.Flatten(), linear)
    result = InputXGradient(model).attribute(IMAGES, Score(TARGET))
    weights = linear.weight.detach()[TARGET].view_as(IMAGES)
    torch.testing.assert_close(result.values, weights * IMAGES)
    bias = linear.bias.detach()[TARGET]
    torch.testing.assert_close(result.values.sum((1, 2, 3)), result.score_input - bias)
    assert result.score_baseline.isnan().all()
    assert result.completeness_gap.isnan().all()


@pytest.mark.oracle
def test_agrees_with_captum():
    captum = pytest.importorskip("captum.attr")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(36, 5)).double()
    ours = InputXGradient(model).attribute(IMAGES, Score(TARGET), rows=2)
    theirs = captum.InputXGradient(model).attribute(IMAGES.clone().requires_grad_(), target=TARGET)
    torch.testing.assert_close(ours.values, theirs.detach(), rtol=1e-12, atol=1e-15)
