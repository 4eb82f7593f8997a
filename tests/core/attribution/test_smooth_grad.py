"""SmoothGrad against a plain loop, the plain gradient and the statistics of its noise."""

import pytest
import torch
from torch import nn

from xaitool.core.attribution.saliency import Saliency
from xaitool.core.attribution.smooth_grad import SmoothGrad
from xaitool.core.score import Score
from xaitool.core.seeding import sample_seeds
from xaitool.errors import ConfigError

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 2, 5, 5, dtype=torch.float64, generator=GENERATOR)
TARGET = torch.tensor([0, 2, 1])


def network(dtype=torch.float64):
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 4, 3), nn.Softplus(), nn.Flatten(), nn.Linear(36, 5)]
    return nn.Sequential(*layers).to(dtype)


class Quadratic(nn.Module):
    """One logit, half the sum of squares: its gradient is the point itself."""

    def forward(self, images):
        return images.square().sum((1, 2, 3))[:, None] / 2


def test_one_copy_without_noise_is_the_gradient():
    ours = SmoothGrad(network(), samples=1, noise=0).attribute(IMAGES, Score(TARGET))
    gradient = Saliency(network()).attribute(IMAGES, Score(TARGET))
    assert torch.equal(ours.values, gradient.values)
    torch.testing.assert_close(ours.score_input, gradient.score_input)
    assert ours.score_baseline.isnan().all()
    assert ours.completeness_gap.isnan().all()


def test_equals_a_plain_loop():
    model = network()
    result = SmoothGrad(model, samples=7, noise=0.2, seed=5).attribute(
        IMAGES, Score(TARGET), rows=4
    )
    for row, seed in enumerate(sample_seeds(5, IMAGES)):
        generator = torch.Generator().manual_seed(seed)
        deviation = 0.2 * (IMAGES[row].max() - IMAGES[row].min())
        expected = torch.zeros(2, 5, 5, dtype=torch.float64)
        for _ in range(7):
            noise = torch.randn(2, 5, 5, generator=generator)
            point = (IMAGES[row] + deviation * noise)[None].requires_grad_()
            (gradient,) = torch.autograd.grad(model(point)[0, TARGET[row]], point)
            expected += gradient[0] / 7
        torch.testing.assert_close(result.values[row], expected, rtol=1e-6, atol=1e-9)


def test_noise_is_in_proportion_to_the_range_of_each_image():
    images = torch.stack([IMAGES[0], 0.1 * IMAGES[0] + 0.3])
    score = Score(torch.zeros(2, dtype=torch.int64))
    result = SmoothGrad(Quadratic(), samples=400, noise=0.5).attribute(images, score)
    mean_noise = (result.values - images).flatten(1)
    extent = images.flatten(1).amax(1) - images.flatten(1).amin(1)
    expected = 0.5 * extent / 400**0.5
    assert (mean_noise.std(1) / expected - 1).abs().max() < 0.3
    assert (mean_noise.mean(1).abs() < 4 * expected / 50**0.5).all()


def test_noise_depends_on_the_seed_and_the_sample_and_not_on_the_dtype():
    score = Score(torch.zeros(3, dtype=torch.int64))
    images = torch.stack([IMAGES[0], IMAGES[1], IMAGES[0]]).float()

    def noise(dtype, seed):
        method = SmoothGrad(Quadratic(), samples=2, seed=seed)
        return method.attribute(images.to(dtype), score).values - images.to(dtype)

    first = noise(torch.float64, 0)
    torch.testing.assert_close(noise(torch.float32, 0).double(), first, rtol=0, atol=1e-6)
    assert torch.equal(first[0], first[2])
    assert not torch.allclose(first[0], first[1])
    assert not torch.allclose(first, noise(torch.float64, 1))


def test_an_image_of_one_value_has_no_noise():
    score = Score(torch.zeros(1, dtype=torch.int64))
    flat = torch.full((1, 2, 5, 5), 0.4, dtype=torch.float64)
    torch.testing.assert_close(SmoothGrad(Quadratic()).attribute(flat, score).values, flat)


def test_options_are_checked():
    with pytest.raises(ConfigError, match="at least 1"):
        SmoothGrad(network(), samples=0)
    with pytest.raises(ConfigError, match="at least 0"):
        SmoothGrad(network(), noise=-0.1)
