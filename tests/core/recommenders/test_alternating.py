"""The alternating fit: its objective falls, and where it ends the normal equations hold."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from tests.core.recommenders.planted import with_cold
from xaitool.core.recommenders.alternating import Factorisation
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.svd import Svd
from xaitool.errors import DivergenceError


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


def test_the_state_of_a_model_is_what_was_fitted():
    ratings, problem = double_problem()
    problem.improve_items()
    model = Svd(60, 40, factors=6)
    problem.store(model)
    missing = problem.by_user.sort(ratings.values - model.rate(ratings.users, ratings.items))
    torch.testing.assert_close(missing, problem.residuals, rtol=1e-9, atol=1e-9)


def test_biases_at_the_start_are_shrunk_means():
    """Of one item with the residuals 1 and 3, at the weight 0.5: 4 / (2 + sqrt(2) / 2)."""
    ratings = Ratings(
        torch.tensor([0, 1, 0, 1]), torch.tensor([0, 0, 1, 1]), torch.zeros(4).double(), 2, 2
    )
    problem = Factorisation(ratings, 2, 1.0, 0.5, seed=0)
    values = torch.tensor([1.0, 3.0, -2.0, -2.0], dtype=torch.float64)
    found = problem._shrunk_means(problem.by_item, values)
    shrunk = 2 + 2**0.5 / 2
    torch.testing.assert_close(found, torch.tensor([4 / shrunk, -4 / shrunk]).double())


def test_a_rating_that_is_infinite_is_divergence_before_anything_is_fitted():
    ratings = with_cold()
    ratings.values[0] = torch.inf
    with pytest.raises(DivergenceError, match="after epoch 0, but has to be finite"):
        Factorisation(ratings, 2, 1.0, 0.5, seed=0)
