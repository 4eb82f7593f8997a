"""References from a dataset as a baseline."""

import pytest
import torch

from xaitool.core.baselines.dataset import DatasetReferences
from xaitool.core.score import Score
from xaitool.errors import ShapeError

SCORE = Score(torch.zeros(4, dtype=torch.int64))


def test_every_sample_gets_the_same_references_without_a_copy():
    drawn = torch.rand(5, 3, 6, 7)
    references = DatasetReferences(drawn).for_images(torch.rand(4, 3, 6, 7), SCORE)
    assert references.shape == (4, 5, 3, 6, 7)
    assert all(torch.equal(one, drawn) for one in references)
    assert references.data_ptr() == drawn.data_ptr()


def test_references_take_the_type_of_the_images():
    images = torch.rand(4, 3, 6, 7, dtype=torch.float64)
    references = DatasetReferences(torch.rand(5, 3, 6, 7)).for_images(images, SCORE)
    assert references.dtype == torch.float64


@pytest.mark.parametrize(
    "references",
    [torch.rand(3, 6, 7), torch.rand(0, 3, 6, 7), torch.zeros(2, 3, 6, 7, dtype=torch.uint8)],
)
def test_references_of_a_wrong_kind_are_refused(references):
    with pytest.raises(ShapeError, match="but floating"):
        DatasetReferences(references)


def test_images_of_another_shape_are_refused():
    baseline = DatasetReferences(torch.rand(5, 3, 6, 7))
    with pytest.raises(ShapeError, match=r"images are \(1, 6, 7\), but the references"):
        baseline.for_images(torch.rand(4, 1, 6, 7), SCORE)
