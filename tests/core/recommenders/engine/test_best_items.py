import pytest
import torch

from xaitool.core.recommenders.engine.best_items import best_items


def plainly(row, count):
    return sorted(range(len(row)), key=lambda item: (-row[item], item))[:count]


@pytest.mark.parametrize("count", [1, 3, 12])
@pytest.mark.parametrize("levels", [1, 3, 1000])
def test_the_highest_first_and_of_equal_ones_the_lower_index(count, levels):
    draws = torch.Generator().manual_seed(levels)
    ratings = torch.randint(levels, (40, 12), generator=draws).float()
    ratings[ratings == 2] = -torch.inf
    wanted = [plainly(row, count) for row in ratings.tolist()]
    assert best_items(ratings, count).tolist() == wanted


def test_no_users():
    assert best_items(torch.zeros(0, 5), 3).shape == (0, 3)
