from itertools import pairwise

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.core.recommenders.planted import population, rmse, with_cold
from xaitool.core.recommenders.alternating import Factorisation
from xaitool.core.recommenders.svd import Svd
from xaitool.core.recommenders.svd_plus_plus import SvdPlusPlus


def test_recovers_a_planted_factorisation():
    train, test = population(density=0.6)
    model = Svd(60, 40, factors=3, epochs=80, regularisation=1e-4, bias_regularisation=1e-4)
    model.fit(train)
    assert float(test.values.std()) > 0.7
    assert rmse(model, test) < 0.01


def objective(problem):
    penalty = sum(
        (matrix.counts.clamp_min(1).sqrt()[:, None] * problem.weights * rows**2).sum()
        for matrix, rows in (
            (problem.by_user, problem.users),
            (problem.by_item, problem.items),
        )
    )
    return float(problem.residuals.square().sum() + penalty)


def double_problem():
    ratings = with_cold()
    object.__setattr__(ratings, "values", ratings.values.double())
    return ratings, Factorisation(ratings, 6, 1.3, 0.5, seed=3)


def test_the_objective_never_rises():
    ratings, problem = double_problem()
    values = [objective(problem)]
    for _ in range(15):
        problem.improve_items()
        values.append(objective(problem))
        problem.improve_users()
        values.append(objective(problem))
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in pairwise(values))
    of_the_mean_alone = float((ratings.values - ratings.values.mean()).square().sum())
    assert values[-1] < 0.7 * of_the_mean_alone
    assert values[-1] < 0.99 * values[0]


def test_the_residuals_are_what_is_not_predicted():
    ratings, problem = double_problem()
    for _ in range(5):
        problem.improve_items()
        problem.improve_users()
    biases = problem.users[ratings.users, -1] + problem.items[ratings.items, -1]
    interest = (problem.users[ratings.users, :-1] * problem.items[ratings.items, :-1]).sum(1)
    expected = ratings.values - ratings.values.mean() - biases - interest
    torch.testing.assert_close(
        problem.residuals, problem.by_user.sort(expected), rtol=1e-10, atol=1e-10
    )


def test_the_order_of_the_ratings_changes_nothing():
    train, _ = population(density=0.6, noise=0.3)
    shuffled = train.select(torch.randperm(len(train)))
    first, second = (Svd(60, 40, factors=5).fit(ratings) for ratings in (train, shuffled))
    torch.testing.assert_close(first.user_factors, second.user_factors, rtol=1e-4, atol=1e-5)


def test_where_it_ends_the_normal_equations_hold():
    ratings, problem = double_problem()
    for _ in range(150):
        problem.improve_items()
        problem.improve_users()
    values = ratings.values - ratings.values.mean()
    users, items = problem.users[:, :-1], problem.items[:, :-1]
    for user in range(0, 59, 7):
        mine = ratings.users == user
        root = float(mine.sum()) ** 0.5
        design = items[ratings.items[mine]]
        design = torch.cat([design, torch.ones(len(design), 1)], dim=1)
        target = values[mine] - problem.items[ratings.items[mine], -1]
        penalty = root * torch.tensor([1.3] * 6 + [0.5], dtype=torch.float64).diag()
        expected = torch.linalg.solve(design.T @ design + penalty, design.T @ target)
        torch.testing.assert_close(problem.users[user], expected, rtol=1e-3, atol=1e-4)
    for item in range(0, 39, 7):
        mine = ratings.items == item
        root = float(mine.sum()) ** 0.5
        design = users[ratings.users[mine]]
        design = torch.cat([design, torch.ones(len(design), 1)], dim=1)
        target = values[mine] - problem.users[ratings.users[mine], -1]
        penalty = root * torch.tensor([1.3] * 6 + [0.5], dtype=torch.float64).diag()
        expected = torch.linalg.solve(design.T @ design + penalty, design.T @ target)
        torch.testing.assert_close(problem.items[item], expected, rtol=1e-3, atol=1e-4)


def test_another_seed_ends_at_the_same_rmse():
    train, test = population(density=0.6, noise=0.3)
    results = [rmse(Svd(60, 40, factors=8).fit(train, seed=seed), test) for seed in (0, 1)]
    assert results[0] != results[1]
    assert results[0] == pytest.approx(results[1], abs=0.02)


class Largest(TorchDispatchMode):
    """Remembers the most numbers that a tensor had that an operation made."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        for part in made if isinstance(made, tuple | list) else (made,):
            if isinstance(part, torch.Tensor) and part.layout == torch.strided:
                self.numbers = max(self.numbers, part.numel())
        return made


@pytest.mark.parametrize("model", [Svd, SvdPlusPlus])
def test_memory_is_that_of_the_ratings_and_the_vectors(model):
    train, _ = population(density=0.9)
    with Largest() as largest:
        model(60, 40, factors=30, epochs=2).fit(train)
    assert len(train) > 2000
    assert largest.numbers == max(len(train), 60 * 31)
