"""White, mean colour and a given image."""

import pytest
import torch

from xaitool.core.baselines.image import GivenImage
from xaitool.core.baselines.maximum import Maximum
from xaitool.core.baselines.mean import Mean
from xaitool.core.score import Score
from xaitool.errors import ShapeError

SCORE = Score(torch.zeros(4, dtype=torch.int64))
IMAGES = torch.rand(4, 3, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_one_white_image_a_sample():
    assert torch.equal(Maximum().for_images(IMAGES, SCORE), torch.ones(4, 1, 3, 5, 6).double())


def test_each_image_has_its_own_mean_colour():
    references = Mean().for_images(IMAGES, SCORE)
    assert references.shape == (4, 1, 3, 5, 6)
    for row in range(4):
        for channel in range(3):
            colour = IMAGES[row, channel].sum() / 30
            expected = torch.full((5, 6), colour.item(), dtype=torch.float64)
            torch.testing.assert_close(references[row, 0, channel], expected)


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
