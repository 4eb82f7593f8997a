"""References drawn from the second class."""

import pytest
import torch

from tests.core.baselines.labelled_set import random_set
from xaitool.core.baselines.target_class import TargetClass
from xaitool.core.score import Score
from xaitool.errors import ConfigError, DataError, ShapeError

IMAGES = torch.rand(5, 2, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
AGAINST = torch.tensor([1, 0, 3, 1, 2])
SCORE = Score((AGAINST + 1) % 4, AGAINST)


def drawn(data, seed=0, references=6):
    """Indices of the references of each sample."""
    found = TargetClass(data=data, seed=seed, references=references).for_images(IMAGES, SCORE)
    assert found.shape == (5, references, 2, 5, 5)
    same = (found[:, :, None].float() == data.pixels).flatten(3).all(3)
    assert (same.sum(2) == 1).all()
    return same.int().argmax(2)


def test_they_are_of_the_second_class_and_distinct():
    data = random_set()
    indices = drawn(data)
    assert (data.labels[indices] == AGAINST[:, None]).all()
    assert all(len(set(row)) == 6 for row in indices.tolist())


def test_equal_classes_share_them_and_seeds_differ():
    data = random_set()
    indices = drawn(data)
    assert torch.equal(indices[0], indices[3])
    assert not torch.equal(indices, drawn(data, seed=1))


def test_the_whole_class_can_be_drawn():
    data = random_set()
    smallest = int(data.labels.bincount().min())
    label = int(data.labels.bincount().argmin())
    found = TargetClass(data=data, references=smallest).for_images(
        IMAGES[:1], Score(torch.tensor([(label + 1) % 4]), torch.tensor([label]))
    )
    expected = data.pixels[data.labels == label].double()
    torch.testing.assert_close(found[0].sum(0), expected.sum(0))


def test_a_class_with_too_few_images():
    data = random_set()
    with pytest.raises(ConfigError, match=r"--references is 99, but class 0 of the dataset has \d"):
        TargetClass(data=data, references=99).for_images(IMAGES, SCORE)


def test_a_class_without_images():
    with pytest.raises(DataError, match="no image of class 7"):
        TargetClass(data=random_set()).for_images(
            IMAGES[:1], Score(torch.tensor([0]), torch.tensor([7]))
        )


def test_images_of_another_shape():
    with pytest.raises(ShapeError, match="but those of the dataset"):
        TargetClass(data=random_set(shape=(2, 5, 6)), references=2).for_images(IMAGES, SCORE)
