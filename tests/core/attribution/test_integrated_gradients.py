"""Integrated gradients against closed forms and Captum."""

import pytest
import torch
from torch import nn

from xaitool.core.attribution.integrated_gradients import IntegratedGradients, quadrature
from xaitool.core.score import Score
from xaitool.errors import ConfigError

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 2, 5, 5, dtype=torch.float64, generator=GENERATOR)
REFERENCES = torch.rand(3, 4, 2, 5, 5, dtype=torch.float64, generator=GENERATOR)
TARGET = torch.tensor([0, 2, 1])


class Quadratic(nn.Module):
    """``x^T A_k x / 2``: the attribution from b is ``(x - b) * A_k (x + b) / 2``."""

    matrices: torch.Tensor

    def __init__(self):
        super().__init__()
        root = torch.randn(3, 50, 50, dtype=torch.float64, generator=GENERATOR)
        self.register_buffer("matrices", root + root.transpose(1, 2))

    def forward(self, images):
        x = images.flatten(1)
        return torch.einsum("ni,kij,nj->nk", x, self.matrices, x) / 2


def smooth_network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 4, 3), nn.Softplus(), nn.Flatten(), nn.Linear(36, 5)]
    return nn.Sequential(*layers).double()


@pytest.mark.parametrize(
    ("rule", "steps"), [("gauss-legendre", 1), ("gauss-legendre", 50), ("trapezoid", 2)]
)
def test_closed_form_of_a_quadratic(rule, steps):
    model = Quadratic()
    method = IntegratedGradients(model, steps=steps, rule=rule)
    result = method.attribute(IMAGES, Score(TARGET), REFERENCES)
    middle = ((IMAGES[:, None] + REFERENCES) / 2).flatten(2)
    gradient = torch.einsum("nij,nrj->nri", model.matrices[TARGET], middle)
    expected = (gradient.view_as(REFERENCES) * (IMAGES[:, None] - REFERENCES)).mean(1)
    torch.testing.assert_close(result.values, expected, rtol=1e-10, atol=1e-12)
    assert result.completeness_gap.abs().max() < 1e-10


def test_trapezoid_gives_a_linear_model_its_whole_difference():
    model = nn.Sequential(nn.Flatten(), nn.Linear(50, 3)).double()
    result = IntegratedGradients(model, steps=10, rule="trapezoid").attribute(
        IMAGES, Score(TARGET), REFERENCES
    )
    assert result.completeness_gap.abs().max() < 1e-13


def test_trapezoid_is_of_second_order():
    gaps = [
        IntegratedGradients(smooth_network(), steps=steps, rule="trapezoid")
        .attribute(IMAGES, Score(TARGET, output="probability"), REFERENCES)
        .completeness_gap.abs()
        .mean()
        for steps in (11, 21)
    ]
    assert 3.8 < gaps[0] / gaps[1] < 4.2


def test_several_references_are_averaged():
    method = IntegratedGradients(smooth_network())
    together = method.attribute(IMAGES, Score(TARGET), REFERENCES)
    single = [method.attribute(IMAGES, Score(TARGET), REFERENCES[:, r : r + 1]) for r in range(4)]
    torch.testing.assert_close(together.values, sum(one.values for one in single) / 4)
    torch.testing.assert_close(
        together.score_baseline, sum(one.score_baseline for one in single) / 4
    )


def test_references_may_be_an_expanded_view():
    shared = REFERENCES[:1].expand(3, -1, -1, -1, -1)
    method = IntegratedGradients(smooth_network())
    view = method.attribute(IMAGES, Score(TARGET), shared, rows=7)
    copy = method.attribute(IMAGES, Score(TARGET), shared.contiguous(), rows=7)
    assert torch.equal(view.values, copy.values)


def test_float64_nodes_keep_their_precision():
    nodes, weights = quadrature("gauss-legendre", 50)
    assert nodes.dtype == weights.dtype == torch.float64
    degree = torch.arange(100)
    moments = (weights * nodes ** degree[:, None]).sum(1)
    torch.testing.assert_close(moments, 1 / (degree + 1.0).double(), rtol=1e-12, atol=0)


def test_trapezoid_needs_two_points():
    with pytest.raises(ConfigError, match="at least 2"):
        IntegratedGradients(smooth_network(), steps=1, rule="trapezoid")


@pytest.mark.oracle
def test_agrees_with_captum():
    captum = pytest.importorskip("captum.attr")
    model = smooth_network()
    ours = IntegratedGradients(model).attribute(IMAGES, Score(TARGET), REFERENCES[:, :1])
    theirs = captum.IntegratedGradients(model).attribute(
        IMAGES, REFERENCES[:, 0], target=TARGET, n_steps=50, method="gausslegendre"
    )
    difference = (ours.values - theirs).abs().max() / theirs.abs().max()
    # Captum rounds its weights to float32.
    assert difference < 1e-8
