"""The nearest image of the second class, against a plain search."""

from fractions import Fraction

import pytest
import torch

from tests.core.baselines.labelled_set import LabelledSet, random_set
from xaitool.core.baselines import nearest_target
from xaitool.core.baselines.nearest_target import NearestTarget, nearest
from xaitool.core.score import Score
from xaitool.data.memory import MemoryDataset
from xaitool.errors import DataError, ShapeError

IMAGES = torch.rand(7, 2, 5, 5, generator=torch.Generator().manual_seed(0))
AGAINST = torch.tensor([1, 0, 3, 1, 2, 2, 0])
SCORE = Score((AGAINST + 1) % 4, AGAINST)


def plain_search(image, label, data):
    """Index of the nearest, in exact arithmetic."""

    def distance(index):
        pairs = zip(image.flatten().tolist(), data.pixels[index].flatten().tolist(), strict=True)
        return sum((Fraction(one) - Fraction(other)) ** 2 for one, other in pairs)

    return min((data.labels == label).nonzero().squeeze(1).tolist(), key=distance)


@pytest.mark.parametrize("numbers_at_once", [1, 150, 2**23])
def test_equals_a_plain_search(numbers_at_once, monkeypatch):
    monkeypatch.setattr(nearest_target, "NUMBERS_AT_ONCE", numbers_at_once)
    data = random_set()
    references = NearestTarget(data=data).for_images(IMAGES, SCORE)
    assert references.shape == (7, 1, 2, 5, 5)
    for row, label in enumerate(AGAINST.tolist()):
        assert torch.equal(references[row, 0], data.pixels[plain_search(IMAGES[row], label, data)])


def test_only_images_of_the_second_class_are_read():
    data = random_set()
    NearestTarget(data=data).for_images(IMAGES[:1], SCORE.select(slice(0, 1)))
    assert (data.labels[torch.cat(data.read)] == 1).all()


@pytest.mark.parametrize("numbers_at_once", [1, 2**23])
def test_the_first_of_equals_is_taken(numbers_at_once, monkeypatch):
    monkeypatch.setattr(nearest_target, "NUMBERS_AT_ONCE", numbers_at_once)
    pixels = torch.rand(50, 1, 9, 9, generator=torch.Generator().manual_seed(0))
    pixels[[30, 49]] = pixels[11].clone()
    distances = pixels.flatten(1).double() - pixels[11].flatten().double()
    assert (distances.square().sum(1) == 0).sum() == 3
    data = LabelledSet(pixels, torch.zeros(50, dtype=torch.int64))
    near = (pixels[11:12] + 1e-3).clamp(max=1)
    NearestTarget(data=data).for_images(near, Score(torch.tensor([1]), torch.tensor([0])))
    assert data.read[-1].tolist() == [11]


def test_differences_that_a_product_cannot_see():
    """Squared distances of 1e-16 and 4e-16 beside norms of a hundred, in both orders."""
    query = torch.full((1, 100), 1.0, dtype=torch.float64)
    far, near = query.clone(), query.clone()
    far[0, 0] -= 2e-8
    near[0, 99] += 1e-8
    for candidates, expected in ((torch.cat([far, near]), 1), (torch.cat([near, far]), 0)):
        distance, index = nearest(query, candidates)
        assert index.item() == expected
        torch.testing.assert_close(distance.item(), 1e-16, rtol=1e-6, atol=0)


def test_many_equals_in_little_memory(monkeypatch):
    monkeypatch.setattr(nearest_target, "NUMBERS_AT_ONCE", 64)
    candidates = torch.zeros(500, 16, dtype=torch.float64)
    distance, index = nearest(torch.ones(3, 16, dtype=torch.float64), candidates)
    assert index.tolist() == [0, 0, 0]
    assert distance.tolist() == [16, 16, 16]


def test_a_dataset_of_xaitool_is_such_a_set():
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (30, 2, 5, 5), generator=generator, dtype=torch.uint8)
    labels = torch.arange(30) % 4
    data = MemoryDataset(pixels, labels, "abcd", name="made", split="train")
    references = NearestTarget(data=data).for_images(IMAGES, SCORE)
    plain = LabelledSet(pixels / 255, labels)
    for row, label in enumerate(AGAINST.tolist()):
        index = plain_search(IMAGES[row], label, plain)
        torch.testing.assert_close(references[row, 0], pixels[index] / 255)


def test_a_class_without_images():
    with pytest.raises(DataError, match="no image of class 7"):
        NearestTarget(data=random_set()).for_images(
            IMAGES[:1], Score(torch.tensor([0]), torch.tensor([7]))
        )


def test_images_of_another_shape():
    data = random_set(shape=(1, 5, 5))
    with pytest.raises(ShapeError, match=r"images are \(2, 5, 5\), but those of the dataset"):
        NearestTarget(data=data).for_images(IMAGES, SCORE)
