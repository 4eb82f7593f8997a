import pytest
import torch

from tests.core.recommenders.planted import with_cold
from xaitool.core.recommenders.engine.half_step import improve_rows, solve_fair_sample
from xaitool.core.recommenders.engine.rating_matrix import RatingMatrix
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.errors import DivergenceError

SIZE = 4


def problem(weights=None):
    ratings = with_cold()
    matrix = RatingMatrix.by_user(ratings, torch.float64)
    draw = torch.Generator().manual_seed(1)
    columns = torch.randn(ratings.item_count, SIZE, generator=draw, dtype=torch.float64)
    if weights is None:
        weights = 0.5 + torch.rand(SIZE, generator=draw, dtype=torch.float64)
    centre = torch.randn(ratings.user_count, SIZE, generator=draw, dtype=torch.float64)
    values = matrix.sort(ratings.values.double() - 3.5)
    return ratings, (matrix, values), columns, weights, centre


def repeated(steps, given, columns, weights, centre=None):
    matrix, residuals = given
    rows = torch.zeros(len(matrix.counts), SIZE, dtype=torch.float64)
    for _ in range(steps):
        rows, residuals = improve_rows(matrix, residuals, rows, columns, weights, centre)
    return rows, residuals


def solution(ratings, user, columns, weights, centre):
    mine = ratings.users == user
    design = columns[ratings.items[mine]]
    penalty = max(len(design), 1) ** 0.5 * weights
    values = ratings.values[mine].double() - 3.5
    left = design.T @ design + penalty.diag()
    return torch.linalg.solve(left, design.T @ values + penalty * centre[user])


def test_repeated_steps_solve_the_normal_equations():
    ratings, given, columns, weights, centre = problem()
    found, residuals = repeated(300, given, columns, weights, centre)
    for user in range(ratings.user_count):
        expected = solution(ratings, user, columns, weights, centre)
        torch.testing.assert_close(found[user], expected, rtol=1e-8, atol=1e-8)
    matrix, values = given
    left = values - matrix.dots(found, columns)
    torch.testing.assert_close(residuals, left, rtol=1e-8, atol=1e-8)


def test_no_row_gets_worse():
    _, given, columns, weights, centre = problem()
    matrix, _ = given

    def objective(rows, residuals):
        penalty = matrix.counts.double().clamp_min(1).sqrt()[:, None] * weights
        return matrix.row_sums(residuals**2) + (penalty * (rows - centre) ** 2).sum(1)

    rows, residuals = repeated(0, given, columns, weights)
    before = objective(rows, residuals)
    for _ in range(10):
        rows, residuals = improve_rows(matrix, residuals, rows, columns, weights, centre)
        after = objective(rows, residuals)
        assert (after <= before * (1 + 1e-12)).all()
        before = after


def test_a_row_without_ratings_stays_at_its_centre():
    _, (matrix, values), columns, weights, centre = problem()
    empty = int(matrix.counts.argmin())
    assert matrix.counts[empty] == 0
    rows, _ = improve_rows(matrix, values, centre, columns, weights, centre)
    assert rows[empty].equal(centre[empty])
    assert not rows[0].equal(centre[0])


def test_a_weight_of_zero_leaves_least_squares():
    ratings, given, columns, weights, _ = problem(torch.zeros(SIZE, dtype=torch.float64))
    found, _ = repeated(3000, given, columns, weights)
    user = int(given[0].counts.argmax())
    mine = ratings.users == user
    design, values = columns[ratings.items[mine]], ratings.values[mine].double() - 3.5
    expected = torch.linalg.lstsq(design, values[:, None]).solution[:, 0]
    torch.testing.assert_close(found[user], expected, rtol=1e-6, atol=1e-6)
    assert found.isfinite().all()


def test_squares_past_the_largest_number_are_divergence():
    _, (matrix, _), columns, weights, _ = problem()
    with pytest.raises(DivergenceError, match="squares of latent vectors are not finite"):
        solve_fair_sample(matrix, columns, columns * 1e200, weights)


@pytest.mark.parametrize("equal", [True, False])
def test_who_rated_everything_is_solved_at_once(equal):
    draw = torch.Generator().manual_seed(5)
    users, items = torch.meshgrid(torch.arange(2), torch.arange(9), indexing="ij")
    ratings = Ratings(users.flatten(), items.flatten(), torch.rand(18), 2, 9)
    matrix = RatingMatrix.by_user(ratings, torch.float64)
    columns = torch.randn(9, SIZE, generator=draw, dtype=torch.float64)
    weights = torch.full((SIZE,), 0.7, dtype=torch.float64)
    if not equal:
        weights[-1] = 0.2
    sums = matrix.sums(ratings.values.double(), columns)
    found = solve_fair_sample(matrix, sums, columns, weights)
    left = columns.T @ columns + 3 * weights.diag()
    torch.testing.assert_close(found, torch.linalg.solve(left, sums.T).T)
