"""A given image."""

from __future__ import annotations

import pytest
import torch

from xaitool.core.baselines.image import GivenImage
from xaitool.core.score import Score
from xaitool.errors import ShapeError

SCORE = Score(torch.zeros(4, dtype=torch.int64))
IMAGES = torch.rand(4, 3, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_a_given_image_is_the_same_for_all():
    image = torch.rand(3, 5, 6)
    references = GivenImage(image=image).for_images(IMAGES, SCORE)
    assert references.shape == (4, 1, 3, 5, 6)
    assert all(torch.equal(one[0], image.double()) for one in references)


@pytest.mark.parametrize("image", [torch.rand(5, 6), torch.zeros(3, 5, 6, dtype=torch.uint8)])
def test_a_given_image_of_a_wrong_kind_is_refused(image):
    with pytest.raises(ShapeError, match="but floating"):
        GivenImage(image=image)


def test_a_given_image_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match=r"images are \(3, 5, 6\), but the references"):
        GivenImage(image=torch.rand(3, 6, 6)).for_images(IMAGES, SCORE)
