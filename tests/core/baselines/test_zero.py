"""The black baseline."""

import torch

from xaitool.core.baselines.zero import Zero
from xaitool.core.score import Score


def test_one_black_image_a_sample():
    images = torch.rand(4, 3, 5, 6, dtype=torch.float64)
    references = Zero().for_images(images, Score(torch.zeros(4, dtype=torch.int64)))
    assert references.shape == (4, 1, 3, 5, 6)
    assert references.dtype == torch.float64
    assert (references == 0).all()
