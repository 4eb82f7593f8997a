import torch

from xaitool.core.recommenders.engine.rated_items import RatedItems
from xaitool.core.recommenders.engine.ratings import Ratings

USERS, ITEMS = 9, 7


def some_ratings():
    draws = torch.Generator().manual_seed(0)
    chosen = torch.randperm(USERS * ITEMS, generator=draws)[:30]
    chosen = chosen[chosen // ITEMS != 4]  # a user without ratings
    values = torch.randint(1, 6, (len(chosen),), generator=draws).float()
    return Ratings(chosen // ITEMS, chosen % ITEMS, values, USERS, ITEMS)


def table(ratings):
    found = torch.full((USERS, ITEMS), torch.nan)
    found[ratings.users, ratings.items] = ratings.values
    return found


def test_what_users_rated_as_an_index():
    ratings = some_ratings()
    users = torch.tensor([8, 4, 0, 8, 3])
    found = torch.zeros(len(users), ITEMS)
    found.index_put_(RatedItems(ratings).of_users(users), torch.ones(()), accumulate=True)
    assert torch.equal(found, (~table(ratings)[users].isnan()).float())


def test_how_high_they_rated():
    ratings = some_ratings()
    users, items = torch.cartesian_prod(torch.arange(USERS), torch.arange(ITEMS)).T
    found = RatedItems(ratings).values(users, items).view(USERS, ITEMS)
    torch.testing.assert_close(found, table(ratings), equal_nan=True, rtol=0, atol=0)


def test_counts():
    ratings = some_ratings()
    assert torch.equal(RatedItems(ratings).counts, (~table(ratings).isnan()).sum(1))


def test_a_user_without_ratings():
    rows, items = RatedItems(some_ratings()).of_users(torch.tensor([4]))
    assert len(rows) == len(items) == 0
