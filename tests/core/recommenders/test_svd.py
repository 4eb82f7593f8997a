from itertools import pairwise

import pytest
import torch

from tests.core.recommenders.planted import population, rmse, with_cold
from xaitool.core.recommenders.alternating import Factorisation
from xaitool.core.recommenders.svd import Svd


def test_recovers_a_planted_factorisation():
    train, test = population(density=0.6)
    model = Svd(60, 40, factors=3, epochs=80, regularisation=1e-4, bias_regularisation=1e-4)
    model.fit(train)
    assert float(test.values.std()) > 0.7
    assert rmse(model, test) < 0.01


def objective(problem):
    users = problem.user_penalty.where(problem.user_penalty.isfinite(), 0)
    items = problem.item_penalty.where(problem.item_penalty.isfinite(), 0)
    penalty = (users * problem.users**2).sum() + (items * problem.items**2).sum()
    return float(problem.residuals().square().sum() + penalty)


def double_problem():
    ratings = with_cold()
    object.__setattr__(ratings, "values", ratings.values.double())
    return ratings, Factorisation(ratings, 6, 1.3, 0.5, seed=3)


def test_the_objective_never_rises():
    _, problem = double_problem()
    values = [objective(problem)]
    for _ in range(15):
        problem.improve_users()
        values.append(objective(problem))
        problem.improve_items()
        values.append(objective(problem))
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in pairwise(values))
    assert values[-1] < 0.7 * values[0]


def test_where_it_ends_the_normal_equations_hold():
    ratings, problem = double_problem()
    for _ in range(150):
        problem.improve_users()
        problem.improve_items()
    values = ratings.values - ratings.values.mean()
    users, items = problem.users[:, :-2], problem.items[:, :-2]
    for user in range(0, 59, 7):
        mine = ratings.users == user
        root = float(mine.sum()) ** 0.5
        design = items[ratings.items[mine]]
        design = torch.cat([design, torch.ones(len(design), 1)], dim=1)
        target = values[mine] - problem.items[ratings.items[mine], -1]
        penalty = root * torch.tensor([1.3] * 6 + [0.5], dtype=torch.float64).diag()
        expected = torch.linalg.solve(design.T @ design + penalty, design.T @ target)
        torch.testing.assert_close(problem.users[user, :-1], expected, rtol=1e-3, atol=1e-4)
    for item in range(0, 39, 7):
        mine = ratings.items == item
        root = float(mine.sum()) ** 0.5
        design = users[ratings.users[mine]]
        design = torch.cat([design, torch.ones(len(design), 1)], dim=1)
        target = values[mine] - problem.users[ratings.users[mine], -2]
        penalty = root * torch.tensor([1.3] * 6 + [0.5], dtype=torch.float64).diag()
        expected = torch.linalg.solve(design.T @ design + penalty, design.T @ target)
        found = problem.items[item][[*range(6), 7]]
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_another_seed_ends_at_the_same_rmse():
    train, test = population(density=0.6, noise=0.3)
    results = [rmse(Svd(60, 40, factors=8).fit(train, seed=seed), test) for seed in (0, 1)]
    assert results[0] != results[1]
    assert results[0] == pytest.approx(results[1], abs=0.02)
