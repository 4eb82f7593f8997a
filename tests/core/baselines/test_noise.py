"""Uniform and Gaussian noise."""

import pytest
import torch

from xaitool.core.baselines.gaussian import Gaussian
from xaitool.core.baselines.uniform import Uniform
from xaitool.core.score import Score
from xaitool.errors import ConfigError

IMAGES = torch.rand(2, 3, 20, 20, generator=torch.Generator().manual_seed(0))
SCORE = Score(torch.zeros(2, dtype=torch.int64))


@pytest.mark.parametrize("kind", [Uniform, Gaussian])
def test_samples_and_references_draw_their_own(kind):
    references = kind(references=4).for_images(IMAGES, SCORE)
    assert references.shape == (2, 4, 3, 20, 20)
    flat = references.flatten(0, 1)
    assert len({tuple(one.flatten().tolist()) for one in flat}) == 8


@pytest.mark.parametrize("kind", [Uniform, Gaussian])
def test_precision_changes_no_draw(kind):
    single = kind().for_images(IMAGES, SCORE)
    double = kind().for_images(IMAGES.double(), SCORE)
    torch.testing.assert_close(single.double(), double, rtol=0, atol=1e-6)


def test_the_two_kinds_share_no_draw():
    uniform = Uniform(references=1).for_images(IMAGES, SCORE)
    noise = Gaussian(references=1, sigma=0.01).for_images(IMAGES * 0.5 + 0.25, SCORE)
    pair = torch.stack([uniform.flatten(), noise.flatten() - IMAGES.flatten() * 0.5])
    assert pair.corrcoef()[0, 1].abs() < 0.1


@pytest.mark.parametrize(("kind", "options"), [(Uniform, {}), (Gaussian, {"sigma": 1})])
def test_options_are_checked(kind, options):
    with pytest.raises(ConfigError, match="--references is 0, but at least 1"):
        kind(references=0, **options)
    with pytest.raises(ConfigError, match="--sigma is 0"):
        Gaussian(sigma=0)
