"""Counterfactual gradients integration against closed forms and a plain loop."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from xaitool.core.attribution.base import Attribution
from xaitool.core.attribution.cgi import CounterfactualGradientsIntegration
from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.baselines.counterfactual_path import CvaePathBaseline, RecolouringBaseline
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.score import Score

RANDOM = torch.Generator().manual_seed(0)
SHAPE = (3, 6, 6)
IMAGES = torch.rand(3, *SHAPE, dtype=torch.float64, generator=RANDOM)
STARTS = torch.rand(3, *SHAPE, dtype=torch.float64, generator=RANDOM)
DETOURS = torch.rand(3, *SHAPE, dtype=torch.float64, generator=RANDOM) - 0.5
TARGET = torch.tensor([0, 2, 1])
SCORE = Score(TARGET, torch.tensor([1, 0, 2]))


def network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 6, 3), nn.Tanh(), nn.Flatten(), nn.Linear(96, 4)]
    return nn.Sequential(*layers).double()


def curve(count: int) -> Tensor:
    """Points of a half circle, as it were, from `STARTS` to `IMAGES`."""
    places = torch.linspace(0, 1, count, dtype=torch.float64).view(1, -1, 1, 1, 1)
    straight = STARTS[:, None].lerp(IMAGES[:, None], places)
    return straight + DETOURS[:, None] * (math.pi * places).sin()


def explained(path: Tensor, model: nn.Module | None = None, **options: bool | int) -> Attribution:
    method = CounterfactualGradientsIntegration(model or network(), **options)
    return method.attribute(IMAGES, SCORE, path, rows=37)


def scores(model: nn.Module, images: Tensor) -> Tensor:
    with torch.no_grad():
        return SCORE(model(images))


class Quadratic(nn.Module):
    """``x^T A_k x / 2``, whose gradient along a straight line is exact at the middle."""

    matrices: Tensor

    def __init__(self) -> None:
        super().__init__()
        root = torch.randn(4, 108, 108, dtype=torch.float64, generator=RANDOM)
        self.register_buffer("matrices", root + root.mT)

    def forward(self, images: Tensor) -> Tensor:
        x = images.flatten(1)
        return torch.einsum("ni,kij,nj->nk", x, self.matrices, x) / 2


@pytest.mark.parametrize("steps", [1, 5, 17])
def test_closed_form_of_a_quadratic(steps: int) -> None:
    """With one gradient a segment and with several: five points have four segments."""
    model, path = Quadratic(), curve(5)
    result = explained(path, model, steps=steps)
    middles = ((path[:, 1:] + path[:, :-1]) / 2).flatten(2)
    assert SCORE.against is not None
    matrices = model.matrices[SCORE.target] - model.matrices[SCORE.against]
    gradients = torch.einsum("nij,npj->npi", matrices, middles).view(3, 4, *SHAPE)
    expected = (gradients * path.diff(dim=1)).sum(1)
    torch.testing.assert_close(result.values, expected, rtol=1e-10, atol=1e-11)
    assert result.completeness_gap.abs().max() < 1e-9


@pytest.mark.parametrize("published", [False, True])
def test_a_plain_loop(published: bool) -> None:
    model, path = network(), curve(7)
    result = explained(path, model, steps=1, published=published)
    for row in range(3):
        values = torch.zeros(SHAPE, dtype=torch.float64)
        for before, after in zip(path[row], path[row, 1:], strict=False):
            middle = ((before + after) / 2).requires_grad_()
            score = SCORE.select(slice(row, row + 1))(model(middle[None])).sum()
            (gradient,) = torch.autograd.grad(score, middle)
            values += gradient * (after - before)
        if published:
            values *= IMAGES[row] - path[row, 0]
        torch.testing.assert_close(result.values[row], values, rtol=1e-10, atol=1e-13)
    assert result.completeness_gap.isnan().all() == published


def test_a_curved_path_is_complete() -> None:
    model, path = network(), curve(200)
    result = explained(path, model)
    torch.testing.assert_close(result.score_input, scores(model, path[:, -1]))
    torch.testing.assert_close(result.score_baseline, scores(model, path[:, 0]))
    found = result.values.sum((1, 2, 3))
    promised = result.score_input - result.score_baseline
    torch.testing.assert_close(result.completeness_gap, found - promised)
    assert (result.completeness_gap.abs() <= 1e-3 * result.values.abs().sum((1, 2, 3))).all()


def test_the_error_is_of_second_order_in_the_points() -> None:
    """Until there are as many segments as steps, the rule inside a segment is better still."""
    coarse, fine = (explained(curve(count), steps=1).completeness_gap.abs() for count in (21, 41))
    assert ((coarse / fine > 3.7) & (coarse / fine < 4.3)).all()
    assert (explained(curve(21), steps=100).completeness_gap.abs() < 1e-3 * coarse).all()


def test_one_reference_is_the_start_of_a_straight_line() -> None:
    found = explained(STARTS[:, None], steps=20)
    wanted = IntegratedGradients(network(), steps=20).attribute(IMAGES, SCORE, STARTS[:, None])
    torch.testing.assert_close(found.values, wanted.values, rtol=1e-11, atol=1e-13)
    torch.testing.assert_close(found.completeness_gap, wanted.completeness_gap, rtol=0, atol=1e-13)
    torch.testing.assert_close(found.score_input, wanted.score_input)


def test_a_straight_path_of_many_points_is_integrated_gradients() -> None:
    places = torch.linspace(0, 1, 101, dtype=torch.float64).view(1, -1, 1, 1, 1)
    found = explained(STARTS[:, None].lerp(IMAGES[:, None], places), steps=300)
    wanted = IntegratedGradients(network()).attribute(IMAGES, SCORE, STARTS[:, None])
    torch.testing.assert_close(found.values, wanted.values, rtol=1e-8, atol=1e-11)


class Blind(Cvae):
    """Its decoder does not see the attributes."""

    def decode_logits(self, codes: Tensor, labels: Tensor, attributes: Tensor) -> Tensor:
        return super().decode_logits(codes, labels, torch.zeros_like(attributes))


@pytest.mark.parametrize("kind", [Blind, Cvae])
def test_where_nothing_moves_nothing_is_attributed(kind: type[Cvae]) -> None:
    torch.manual_seed(1)
    baseline = CvaePathBaseline(cvae=kind(SHAPE, 4, (2,)).double(), points=11)
    path = baseline.for_samples(IMAGES, SCORE, torch.tensor([[0], [1], [0]]))
    values = explained(path).values
    assert values.abs().max() < 1e-15 if kind is Blind else values.abs().min() > 0


def test_a_colour_blind_model_has_no_net_attribution_of_a_recolouring() -> None:
    """What leaves one channel enters the other, pixel by pixel."""
    images = IMAGES.clone()
    images[:, 1:] = 0

    class ColourBlind(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network()

        def forward(self, pixels: Tensor) -> Tensor:
            logits: Tensor = self.inner(pixels.sum(1, keepdim=True).expand(-1, 3, -1, -1))
            return logits

    path = RecolouringBaseline(points=9).for_images(images, SCORE)
    method = CounterfactualGradientsIntegration(ColourBlind())
    result = method.attribute(images, SCORE, path)
    assert result.values[:, 0].abs().max() > 0.01
    torch.testing.assert_close(result.values[:, 0], -result.values[:, 1])
    assert result.values.sum((1, 2, 3)).abs().max() < 1e-14


def test_with_the_residual_the_path_ends_at_the_input() -> None:
    model = network()
    path = curve(60) * 0.6 + 0.1
    plain, corrected = (explained(path, model, residual=residual) for residual in (False, True))
    torch.testing.assert_close(plain.score_input, scores(model, path[:, -1]))
    assert torch.equal(corrected.score_input, scores(model, IMAGES))
    shifted = (path + (IMAGES - path[:, -1])[:, None]).clamp(0, 1)
    torch.testing.assert_close(corrected.values, explained(shifted, model).values)
    assert corrected.completeness_gap.abs().max() < 1e-3


def test_a_shifted_path_stays_among_pixels() -> None:
    model, seen = network(), list[Tensor]()
    model.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    explained(curve(5).clamp(0, 1) * 0.5, model, residual=True)
    low, high = torch.cat(seen).aminmax()
    assert low >= 0
    assert high <= 1


def test_a_path_that_ends_at_the_input_has_no_residual() -> None:
    path = curve(9).clamp(0, 1)
    plain, corrected = (explained(path, residual=residual) for residual in (False, True))
    torch.testing.assert_close(plain.values, corrected.values)
