"""Groups of a class and sensitive attributes, against plain counting."""

from __future__ import annotations

import pytest
import torch

from xaitool.data.groups import conflicting_groups, group_index
from xaitool.errors import DataError

RANDOM = torch.Generator().manual_seed(0)
LABELS = torch.randint(0, 3, (200,), generator=RANDOM)
VALUES = torch.stack([torch.randint(0, size, (200,), generator=RANDOM) for size in (2, 4)], dim=1)


def test_every_group_has_a_number_of_its_own():
    groups = group_index(LABELS, VALUES, (2, 4), 3)
    for group, label, (first, second) in zip(
        groups.tolist(), LABELS.tolist(), VALUES.tolist(), strict=True
    ):
        assert group == label * 8 + first * 4 + second
    counts = groups.bincount(minlength=24).reshape(3, 8)
    for label in range(3):
        for first in range(2):
            chosen = (label == LABELS) & (VALUES[:, 0] == first)
            assert int(counts[label, 4 * first : 4 * first + 4].sum()) == int(chosen.sum())


def test_without_attributes_groups_are_classes():
    assert torch.equal(group_index(LABELS, VALUES[:, :0], (), 3), LABELS)


@pytest.mark.parametrize(
    ("sizes", "classes", "message"),
    [
        ((2, 3), 3, "are from 0 to 3, but 0 to 2 are wanted"),
        ((2, 4), 2, "are from 0 to 2, but 0 to 1 are wanted"),
        ((2,), 3, r"shape \(200, 2\), but \(200, 1\) is wanted"),
    ],
)
def test_what_is_out_of_range(sizes: tuple[int, ...], classes: int, message: str):
    with pytest.raises(DataError, match=message):
        group_index(LABELS, VALUES, sizes, classes)


def test_rare_groups_conflict():
    # CelebA's train split, roughly: of heavy makeup few are men.
    assert conflicting_groups(torch.tensor([[30, 68], [60, 1]])).tolist() == [
        [True, False],
        [False, True],
    ]


def test_conflict_is_what_the_expected_counts_of_chi_squared_say():
    from scipy.stats import contingency

    counts = torch.randint(1, 50, (4, 5), generator=torch.Generator().manual_seed(1))
    expected = torch.from_numpy(contingency.expected_freq(counts.numpy()))
    assert torch.equal(conflicting_groups(counts), counts.double() < expected - 1e-9)


def test_nothing_conflicts_where_nothing_is_correlated():
    shares = torch.tensor([2, 5, 3])[:, None] * torch.tensor([70_000, 11_000])
    assert not conflicting_groups(shares).any()
    assert not conflicting_groups(torch.zeros(2, 2, dtype=torch.int64)).any()
