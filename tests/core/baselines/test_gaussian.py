"""The image under Gaussian noise."""

from __future__ import annotations

import pytest
import torch

from xaitool.core.baselines.gaussian import Gaussian
from xaitool.core.score import Score

IMAGES = torch.rand(2, 3, 20, 20, generator=torch.Generator().manual_seed(0))
SCORE = Score(torch.zeros(2, dtype=torch.int64))


@pytest.mark.oracle
def test_gaussian_noise_is_centred_on_the_image():
    stats = pytest.importorskip("scipy.stats")
    grey = torch.tensor([0.45, 0.55]).view(2, 1, 1, 1).expand(2, 3, 20, 20)
    noise = Gaussian(sigma=0.05, references=5).for_images(grey, SCORE) - grey[:, None]
    assert stats.kstest((noise / 0.05).flatten().numpy(), "norm").pvalue > 0.01


def test_gaussian_noise_is_cut_off_and_not_folded():
    black = torch.zeros(2, 1, 50, 50)
    references = Gaussian(sigma=0.3).for_images(black, SCORE)
    assert references.min() == 0
    assert 0.48 < (references == 0).double().mean() < 0.52
