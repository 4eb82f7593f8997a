"""Saliency against closed forms."""

import pytest
import torch
from torch import nn

from xaitool.core.attribution.saliency import Saliency
from xaitool.core.score import Score
from xaitool.errors import ConfigError, ModelError

IMAGES = torch.rand(3, 2, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
TARGET = torch.tensor([0, 2, 1])


class Quadratic(nn.Module):
    """Logit k is ``k + 1`` times the sum of squares; its gradient is ``2 (k + 1) x``."""

    def forward(self, images):
        return images.square().sum((1, 2, 3))[:, None] * torch.arange(1, 4).to(images)


def test_gradient_of_a_quadratic():
    result = Saliency(Quadratic()).attribute(IMAGES - 0.5, Score(TARGET))
    expected = 2 * (TARGET + 1).view(-1, 1, 1, 1) * (IMAGES - 0.5)
    torch.testing.assert_close(result.values, expected)
    assert result.values.min() < 0
    torch.testing.assert_close(
        result.score_input, (TARGET + 1) * (IMAGES - 0.5).square().sum((1, 2, 3))
    )
    assert result.score_baseline.isnan().all()
    assert result.completeness_gap.isnan().all()


def test_absolute_drops_the_sign():
    signed = Saliency(Quadratic()).attribute(IMAGES - 0.5, Score(TARGET))
    absolute = Saliency(Quadratic(), absolute=True).attribute(IMAGES - 0.5, Score(TARGET))
    assert torch.equal(absolute.values, signed.values.abs())


def test_probability_of_one_column_is_the_sigmoid():
    linear = nn.Linear(32, 1).double()
    model = nn.Sequential(nn.Flatten(), linear)
    score = Score(torch.zeros(3, dtype=torch.int64), output="probability")
    p = torch.sigmoid(model(IMAGES)).detach()
    expected = (p * (1 - p) * linear.weight.detach()).view_as(IMAGES)
    torch.testing.assert_close(Saliency(model).attribute(IMAGES, score).values, expected)


def test_a_model_may_normalise_in_place():
    class InPlace(Quadratic):
        def forward(self, images):
            return super().forward(images.sub_(0.5))

    before = IMAGES.clone()
    result = Saliency(InPlace()).attribute(IMAGES, Score(TARGET))
    expected = Saliency(Quadratic()).attribute(IMAGES - 0.5, Score(TARGET))
    torch.testing.assert_close(result.values, expected.values)
    assert torch.equal(IMAGES, before)


def test_a_model_that_cuts_the_graph_is_a_clear_error():
    class Detached(Quadratic):
        def forward(self, images):
            return super().forward(images).detach()

    with pytest.raises(ModelError, match="Detached has no gradient"):
        Saliency(Detached()).attribute(IMAGES, Score(TARGET))


def test_unknown_option_is_a_clear_error():
    with pytest.raises(ConfigError, match="Saliency has no option 'absolut'"):
        Saliency(Quadratic(), absolut=True)
