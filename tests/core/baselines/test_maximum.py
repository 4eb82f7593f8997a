"""The white image."""

from __future__ import annotations

import torch

from xaitool.core.baselines.maximum import Maximum
from xaitool.core.score import Score

SCORE = Score(torch.zeros(4, dtype=torch.int64))
IMAGES = torch.rand(4, 3, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_one_white_image_a_sample():
    assert torch.equal(Maximum().for_images(IMAGES, SCORE), torch.ones(4, 1, 3, 5, 6).double())


def test_it_is_a_view_of_one_number():
    references = Maximum().for_images(IMAGES, SCORE)
    assert references.untyped_storage().nbytes() == 8
