"""Where references come from, and when they are used."""

from __future__ import annotations

import pytest
import torch

from xaitool.core.guidance.background import Background
from xaitool.core.guidance.schedule import GuidanceSchedule
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


def test_all_steps_are_guided_by_default() -> None:
    assert {GuidanceSchedule().share(step, 5) for step in range(100)} == {1.0}


def test_from_one_epoch_to_another() -> None:
    schedule = GuidanceSchedule(start=2, stop=3)
    guided = [step for step in range(25) if schedule.share(step, 5) is not None]
    assert guided == list(range(5, 15))


def test_alternating() -> None:
    schedule = GuidanceSchedule(every=3)
    assert [step for step in range(10) if schedule.share(step, 4)] == [0, 3, 6, 9]


def test_annealing_ends_with_the_last_guided_epoch() -> None:
    schedule = GuidanceSchedule(start=2, stop=3, anneal=True)
    shares = [schedule.share(step, 4) for step in range(16)]
    assert shares[:4] == [None] * 4
    assert shares[4:12] == pytest.approx([1 - number / 8 for number in range(8)])
    assert shares[12:] == [None] * 4
