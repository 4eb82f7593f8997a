"""The generator's image of the second class, as it comes."""

import pytest
import torch
from torch import nn

from tests.core.baselines.brighten import Brighten
from xaitool.core.baselines.counterfactual import CounterfactualBaseline
from xaitool.core.baselines.reached import predictions, reached
from xaitool.core.score import Score
from xaitool.errors import ShapeError

IMAGES = torch.rand(5, 1, 4, 6, generator=torch.Generator().manual_seed(0)) * 0.05
AGAINST = torch.tensor([1, 0, 3, 2, 2])
SCORE = Score((AGAINST + 1) % 4, AGAINST)


class Shade(nn.Module):
    """Sees only how bright an image is: tenth by tenth a class."""

    def forward(self, images):
        mean = images.flatten(1).mean(1, keepdim=True)
        return -(mean - 0.1 * torch.arange(4) - 0.025).abs()


@pytest.mark.parametrize("rows", [1, 2, 64])
def test_the_generator_gets_the_image_and_the_second_class(rows):
    generator = Brighten().train()
    found = CounterfactualBaseline(generator=generator).for_images(IMAGES, SCORE, rows=rows)
    expected = IMAGES + 0.1 * AGAINST.view(-1, 1, 1, 1)
    torch.testing.assert_close(found, expected.unsqueeze(1))
    assert not found.requires_grad
    assert generator.training


def test_whether_its_images_are_of_that_class():
    found = CounterfactualBaseline(generator=Brighten()).for_images(IMAGES, SCORE)
    assert predictions(Shade(), found, rows=2).squeeze(1).tolist() == AGAINST.tolist()
    assert reached(Shade(), found, AGAINST, rows=2).all()
    assert reached(Shade(), found, SCORE.target).sum() == 0


def test_images_of_another_shape():
    class Cropping(nn.Module):
        def forward(self, images, targets):
            return images[..., 1:]

    with pytest.raises(ShapeError, match=r"\(1, 4, 6\), but the generator makes \(1, 4, 5\)"):
        CounterfactualBaseline(generator=Cropping()).for_images(IMAGES, SCORE)
