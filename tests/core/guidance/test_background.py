"""Where references come from, and when they are used."""

from __future__ import annotations

import pytest
import torch

from xaitool.core.guidance.background import Background
from xaitool.errors import DataError

LABELS = torch.tensor([0, 1, 0, 2, 1, 2, 2, 0, 1])


def numbered(count: int) -> torch.Tensor:
    """Images whose only pixel is their number."""
    return torch.arange(count).view(count, 1, 1, 1)


def test_references_are_drawn_anew_and_none_twice() -> None:
    background = Background(numbered(9), 4)
    random = torch.Generator().manual_seed(0)
    drawn = [background.draw(random).images.flatten().tolist() for _ in range(50)]
    assert all(len(set(one)) == 4 for one in drawn)
    assert {number for one in drawn for number in one} == set(range(9))
    assert len({tuple(one) for one in drawn}) > 40
    assert background.draw(random).choice is None


def test_references_of_the_class_of_each_image() -> None:
    background = Background(numbered(9), 2, LABELS, ("a", "b", "c"))
    classes = torch.tensor([2, 0, 0, 1])
    for seed in range(5):
        references = background.draw(torch.Generator().manual_seed(seed), classes)
        numbers = references.of_each(4).flatten(1)
        assert numbers.shape == (4, 2)
        assert (LABELS[numbers] == classes[:, None]).all()
        assert (numbers[:, 0] != numbers[:, 1]).all()
        assert torch.equal(numbers[1], numbers[2])
        assert len(references.images) == 6  # each passes once, whatever the batch


def test_fewer_images_than_references() -> None:
    with pytest.raises(DataError, match="the reservoir has 9 real images, but 10 references"):
        Background(numbered(9), 10)
    with pytest.raises(DataError, match="class d of the reservoir has 0 real images"):
        Background(numbered(9), 1, LABELS, ("a", "b", "c", "d"))
