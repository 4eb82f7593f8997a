"""Paths under way and what is known of all, on numbers that a reader can add up."""

from __future__ import annotations

import torch

from xaitool.core.attribution.agi_paths import AscentRecord, Walkers
from xaitool.core.attribution.engine.class_sample import NO_CLASS

IMAGES = torch.zeros(2, 1, 1, 2, dtype=torch.float64)
CLASSES = torch.tensor([[1, 2, 3], [0, NO_CLASS, 2]])


def walkers(pairs: list[int], behind: list[float], taken: int = 1) -> Walkers:
    points = torch.tensor(pairs).double().view(-1, 1, 1, 1).repeat(1, 1, 1, 2)
    count = torch.full((len(pairs),), taken)
    return Walkers(torch.tensor(pairs), count, torch.tensor(behind), points, points / 10)


def test_batches_are_as_even_as_they_can_be_and_the_nearest_come_first() -> None:
    parts = walkers([0, 1, 2, 3, 4], [5.0, 1.0, 4.0, 2.0, 3.0]).nearest_first(3)
    assert [part.pair.tolist() for part in parts] == [[1, 3, 4], [2, 0]]
    assert parts[1].point[:, 0, 0, 0].tolist() == [2, 0]
    # Equally near ones stay in order, so that no run differs from another.
    (tied,) = walkers([3, 1, 2], [1.0, 1.0, 1.0]).nearest_first(8)
    assert tied.pair.tolist() == [3, 1, 2]


def test_joined_walkers_keep_their_rows_together() -> None:
    both = walkers([4], [0.5], taken=7).joined(walkers([0, 2], [1.0, 2.0]))
    assert len(both) == 3
    assert both.pair.tolist() == [4, 0, 2]
    assert both.taken.tolist() == [7, 1, 1]
    assert both.moved[:, 0, 0, 1].tolist() == [0.4, 0, 0.2]


def test_pairs_that_wait_have_a_class_and_have_not_arrived() -> None:
    record = AscentRecord.empty(IMAGES, CLASSES, separate=False, ends=False)
    assert record.waiting().tolist() == [0, 1, 2, 3, 5]
    some = walkers([1, 5], [0.0, 0.0], taken=4)
    record.note(some, torch.tensor([0.25, 0.75]).double(), torch.tensor([True, False]))
    assert record.waiting().tolist() == [0, 2, 3, 5]
    assert record.steps.tolist() == [[0, 4, 0], [0, 0, 4]]
    assert record.part(slice(1, 2)).waiting().tolist() == [0, 2]


def test_a_step_is_walked_from_the_image_and_counted_towards_it() -> None:
    slope = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).double().view(3, 1, 1, 2)
    moved, pair = torch.full_like(slope, 0.5), torch.tensor([0, 2, 3])
    together = AscentRecord.empty(IMAGES, CLASSES, separate=False, ends=False)
    together.add(pair, slope, moved)
    assert together.values.flatten(1).tolist() == [[-2, -3], [-2.5, -3]]
    apart = AscentRecord.empty(IMAGES, CLASSES, separate=True, ends=False)
    apart.add(pair, slope, moved)
    apart.add(pair[:1], slope[:1], moved[:1])
    assert apart.values[0, :, 0, 0].tolist() == [[-1, -2], [0, 0], [-1.5, -2]]
    assert apart.values[1, :, 0, 0].tolist() == [[-2.5, -3], [0, 0], [0, 0]]


def test_the_attribution_is_a_mean_over_the_classes_that_were_climbed_to() -> None:
    record = AscentRecord.empty(IMAGES, CLASSES, separate=True, ends=True)
    record.values[:] = torch.arange(12).double().view(2, 3, 1, 1, 2)
    record.values[1, 1] = 0
    record.score_input[:] = torch.tensor([10.0, 20.0])
    record.end_score[:] = torch.tensor([[1.0, 2.0, 6.0], [4.0, 99.0, 8.0]])
    record.note(walkers([5], [0.0]), torch.tensor([8.0]).double(), torch.tensor([True]))
    result = record.attribution(separate=True)
    assert result.values.flatten(1).tolist() == [[2, 3], [8, 9]]
    assert result.score_baseline.tolist() == [3, 6]  # of the second sample, 99 is of no class
    assert result.completeness_gap.tolist() == [5 - 7, 17 - 14]
    assert result.extras["class_gap"][0].tolist() == [1 - 9, 5 - 8, 9 - 4]
    assert record.ends[1, 2].flatten().tolist() == [5, 5]
