"""Blur integrated gradients against SciPy, closed forms and its own promises."""

import numpy as np
import pytest
import torch
from torch import nn

from xaitool.core.attribution.blur_ig import BlurIntegratedGradients
from xaitool.core.score import Score
from xaitool.errors import ConfigError, UnknownNameError

IMAGES = torch.rand(3, 2, 7, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
TARGET = torch.tensor([0, 2, 1])
SCORE = Score(TARGET, output="probability")


def network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 8, 3), nn.Softplus(beta=3), nn.Flatten(), nn.Linear(320, 5)]
    return nn.Sequential(*layers).double()


def linear():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(140, 3)).double()


def scipy_blur(sigma):
    ndimage = pytest.importorskip("scipy.ndimage")
    blurs = ndimage.gaussian_filter(IMAGES.numpy(), (0, 0, sigma, sigma), truncate=12)
    return torch.from_numpy(blurs)


@pytest.mark.oracle
@pytest.mark.parametrize(("spacing", "power"), [("quadratic", 2), ("linear", 1), ("sqrt", 0.5)])
def test_equals_a_plain_loop_over_scipy_blurs(spacing, power):
    pytest.importorskip("scipy")
    from tests.reference.blur_ig import blur_ig

    model = network()
    method = BlurIntegratedGradients(model, steps=6, max_sigma=4.0, spacing=spacing)
    result = method.attribute(IMAGES, SCORE, rows=5)
    sigmas = 4 * np.linspace(1, 0, 7) ** power
    for row, image in enumerate(IMAGES):
        expected = blur_ig(lambda x: model(x[None]).softmax(1)[0, TARGET[row]], image, sigmas)  # noqa: B023
        torch.testing.assert_close(result.values[row], expected, rtol=1e-9, atol=1e-13)


@pytest.mark.oracle
@pytest.mark.parametrize("sigma", [0.5, 3.0, 25.0])
def test_baseline_is_the_most_blurred_image(sigma):
    model = network()
    result = BlurIntegratedGradients(model, steps=2, max_sigma=sigma).attribute(IMAGES, SCORE)
    torch.testing.assert_close(result.score_baseline, SCORE(model(scipy_blur(sigma))).detach())
    torch.testing.assert_close(result.score_input, SCORE(model(IMAGES)).detach())


@pytest.mark.oracle
@pytest.mark.parametrize("spacing", ["quadratic", "linear", "sqrt"])
def test_a_linear_model_gets_its_weights_times_what_was_blurred_away(spacing):
    model = linear()
    method = BlurIntegratedGradients(model, steps=5, max_sigma=2.0, spacing=spacing)
    result = method.attribute(IMAGES, Score(TARGET))
    weights = model[1].weight.detach()[TARGET].view_as(IMAGES)
    torch.testing.assert_close(result.values, weights * (IMAGES - scipy_blur(2.0)))
    assert result.completeness_gap.abs().max() < 1e-12


@pytest.mark.parametrize("spacing", ["quadratic", "linear"])
def test_gap_shrinks_with_the_square_of_the_steps(spacing):
    gaps = [
        BlurIntegratedGradients(network(), steps=steps, max_sigma=3.0, spacing=spacing)
        .attribute(IMAGES, SCORE)
        .completeness_gap.abs()
        .mean()
        for steps in (40, 80)
    ]
    assert 3.5 < gaps[0] / gaps[1] < 4.5


def test_spacing_does_not_change_the_integral():
    quadratic, even = (
        BlurIntegratedGradients(network(), steps=400, max_sigma=3.0, spacing=spacing)
        .attribute(IMAGES, SCORE)
        .values
        for spacing in ("quadratic", "linear")
    )
    assert (quadratic - even).norm() / even.norm() < 1e-3


def test_a_blur_without_end_leaves_the_mean_of_each_channel():
    model = network()
    result = BlurIntegratedGradients(model, steps=1, max_sigma=1000.0).attribute(IMAGES, SCORE)
    flat = IMAGES.mean((2, 3), keepdim=True).expand_as(IMAGES)
    torch.testing.assert_close(result.score_baseline, SCORE(model(flat)).detach())


def test_strongest_blur_is_in_proportion_to_the_side():
    by_default = BlurIntegratedGradients(network(), steps=3).attribute(IMAGES, SCORE)
    explicit = BlurIntegratedGradients(network(), steps=3, max_sigma=50 * 10 / 224)
    torch.testing.assert_close(by_default.values, explicit.attribute(IMAGES, SCORE).values)


def test_a_flat_image_has_nothing_to_explain():
    flat = torch.full_like(IMAGES, 0.3)
    result = BlurIntegratedGradients(network(), steps=4).attribute(flat, SCORE)
    assert result.values.abs().max() < 1e-14


def test_path_stays_in_the_pixel_range_and_ends_at_the_image():
    model = network()
    seen = []
    model.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    black_and_white = IMAGES.round()
    BlurIntegratedGradients(model, steps=8).attribute(black_and_white, SCORE, rows=9)
    assert min(points.min() for points in seen) >= -1e-12
    assert max(points.max() for points in seen) <= 1 + 1e-12
    assert torch.equal(torch.stack([points[-1] for points in seen]), black_and_white)


def test_options_are_checked():
    with pytest.raises(ConfigError, match="more than 0"):
        BlurIntegratedGradients(network(), max_sigma=0)
    with pytest.raises(UnknownNameError, match="unknown spacing 'cubic'"):
        BlurIntegratedGradients(network(), spacing="cubic")
