"""Uniform noise."""

from __future__ import annotations

import pytest
import torch

from xaitool.core.baselines.uniform import Uniform
from xaitool.core.score import Score

IMAGES = torch.rand(2, 3, 20, 20, generator=torch.Generator().manual_seed(0))
SCORE = Score(torch.zeros(2, dtype=torch.int64))


@pytest.mark.oracle
def test_uniform_noise_is_uniform():
    stats = pytest.importorskip("scipy.stats")
    references = Uniform(references=5).for_images(IMAGES, SCORE)
    assert stats.kstest(references.flatten().numpy(), "uniform").pvalue > 0.01


def test_the_seed_and_the_pixels_decide():
    whole = Uniform(references=2, seed=1).for_images(IMAGES, SCORE)
    alone = Uniform(references=2, seed=1).for_images(IMAGES[1:], SCORE.select(slice(1, 2)))
    assert alone.equal(whole[1:])
    assert not Uniform(references=2, seed=2).for_images(IMAGES, SCORE).equal(whole)
    assert 0 <= whole.min() < whole.max() < 1
