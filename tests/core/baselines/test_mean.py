"""An image's own mean colour."""

from __future__ import annotations

import torch

from xaitool.core.baselines.mean import Mean
from xaitool.core.score import Score

SCORE = Score(torch.zeros(4, dtype=torch.int64))
IMAGES = torch.rand(4, 3, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_each_image_has_its_own_mean_colour():
    references = Mean().for_images(IMAGES, SCORE)
    assert references.shape == (4, 1, 3, 5, 6)
    for row in range(4):
        for channel in range(3):
            colour = IMAGES[row, channel].sum() / 30
            expected = torch.full((5, 6), colour.item(), dtype=torch.float64)
            torch.testing.assert_close(references[row, 0, channel], expected)
