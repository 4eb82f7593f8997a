from itertools import pairwise

import torch

from tests.core.recommenders.planted import ITEMS, USERS, population, rmse, with_cold
from xaitool.core.recommenders.alternating import Factorisation
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.svd import Svd
from xaitool.core.recommenders.svd_plus_plus import ImplicitFeedback, SvdPlusPlus

SIZE = 4


def double_problem():
    ratings = with_cold()
    object.__setattr__(ratings, "values", ratings.values.double())
    problem = Factorisation(ratings, SIZE, 1.3, 0.5, seed=3)
    return ratings, problem, ImplicitFeedback(problem, 2.0)


def objective(problem, implicit):
    own = problem.users - implicit.centre()
    penalty = (implicit.penalty * implicit.vectors**2).sum()
    for matrix, rows in ((problem.by_user, own), (problem.by_item, problem.items)):
        roots = matrix.counts.clamp_min(1).sqrt()[:, None]
        penalty = penalty + (roots * problem.weights * rows**2).sum()
    return float(problem.residuals.square().sum() + penalty)


def test_the_objective_never_rises():
    ratings, problem, implicit = double_problem()
    values = [objective(problem, implicit)]
    for _ in range(15):
        problem.improve_items()
        values.append(objective(problem, implicit))
        implicit.improve()
        values.append(objective(problem, implicit))
        problem.improve_users(centre=implicit.centre())
        values.append(objective(problem, implicit))
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in pairwise(values))
    of_the_mean_alone = float((ratings.values - ratings.values.mean()).square().sum())
    assert values[-1] < 0.7 * of_the_mean_alone
    assert values[-1] < 0.99 * values[0]


def test_the_sum_over_rated_items_is_koren_s():
    ratings, _, implicit = double_problem()
    vectors = torch.randn(ITEMS, SIZE, dtype=torch.float64)
    summed = implicit.over_users(vectors)
    for user in (0, 7, USERS - 1):
        rated = ratings.items[ratings.users == user]
        expected = vectors[rated].sum(0) / max(len(rated), 1) ** 0.5
        torch.testing.assert_close(summed[user], expected)
    back = torch.randn(USERS, SIZE, dtype=torch.float64)
    torch.testing.assert_close((summed * back).sum(), (vectors * implicit.over_items(back)).sum())


def test_where_it_ends_the_implicit_vectors_have_no_gradient():
    ratings, problem, implicit = double_problem()
    for _ in range(3):
        problem.improve_users(centre=implicit.centre())
        problem.improve_items()
    own = (problem.users - implicit.centre())[:, :SIZE]
    for _ in range(100):
        implicit.improve()
    vectors = implicit.vectors.clone().requires_grad_()
    users = own + implicit.over_users(vectors)
    biases = problem.users[:, -1, None] + problem.items[:, -1]
    predicted = ratings.values.mean() + biases + users @ problem.items[:, :SIZE].T
    errors = ratings.values - predicted[ratings.users, ratings.items]
    (errors.square().sum() + (implicit.penalty * vectors**2).sum()).backward()
    assert vectors.grad.abs().max() < 1e-6


def test_learns_from_what_was_rated_at_all():
    draw = torch.Generator().manual_seed(0)
    liked = torch.randn(USERS, 1, generator=draw)
    kind = torch.randn(ITEMS, generator=draw).sign()
    full = 3.5 + liked.sign() * kind + 0.3 * torch.randn(USERS, ITEMS, generator=draw)
    chosen = torch.rand(USERS, ITEMS, generator=draw) < (0.15 + 0.12 * liked.sign() * kind)
    users, items = chosen.nonzero(as_tuple=True)
    train = Ratings(users, items, full[users, items], USERS, ITEMS)
    users, items = (~chosen).nonzero(as_tuple=True)
    test = Ratings(users, items, full[users, items], USERS, ITEMS)
    options = {"factors": 4, "epochs": 20}
    without = rmse(Svd(USERS, ITEMS, **options).fit(train), test)
    assert rmse(SvdPlusPlus(USERS, ITEMS, **options).fit(train), test) < without


def test_a_planted_factorisation_is_recovered():
    train, test = population()
    model = SvdPlusPlus(
        USERS,
        ITEMS,
        factors=3,
        epochs=100,
        regularisation=1e-4,
        bias_regularisation=1e-4,
        implicit_regularisation=10.0,
    )
    assert rmse(model.fit(train), test) < 0.05
