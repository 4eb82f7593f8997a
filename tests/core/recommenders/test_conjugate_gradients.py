import math

import torch

from tests.core.recommenders.planted import with_cold
from xaitool.core.recommenders.conjugate_gradients import descend, improve_rows
from xaitool.core.recommenders.rating_matrix import RatingMatrix

SIZE = 4


def problem():
    ratings = with_cold()
    matrix = RatingMatrix.by_user(ratings, ratings.values.double() - 3.5)
    draw = torch.Generator().manual_seed(1)
    columns = torch.randn(ratings.item_count, SIZE, generator=draw, dtype=torch.float64)
    penalty = 0.5 + torch.rand(ratings.user_count, SIZE, generator=draw, dtype=torch.float64)
    centre = torch.randn(ratings.user_count, SIZE, generator=draw, dtype=torch.float64)
    return ratings, matrix, columns, penalty, centre


def test_as_many_steps_as_coordinates_solve_the_normal_equations():
    ratings, matrix, columns, penalty, centre = problem()
    found = improve_rows(matrix, torch.zeros_like(penalty), columns, penalty, 3 * SIZE, centre)
    for user in range(ratings.user_count):
        mine = ratings.users == user
        design = columns[ratings.items[mine]]
        values = ratings.values[mine].double() - 3.5
        left = design.T @ design + penalty[user].diag()
        expected = torch.linalg.solve(left, design.T @ values + penalty[user] * centre[user])
        torch.testing.assert_close(found[user], expected, rtol=1e-8, atol=1e-8)


def test_an_infinite_penalty_holds_a_coordinate():
    ratings, matrix, columns, penalty, _ = problem()
    penalty[:, 2] = math.inf
    start = torch.full_like(penalty, 0.3)
    found = improve_rows(matrix, start, columns, penalty, 3 * SIZE)
    assert (found[:, 2] == 0.3).all()
    mine = ratings.users == 5
    free = [0, 1, 3]
    design = columns[ratings.items[mine]]
    values = ratings.values[mine].double() - 3.5 - 0.3 * design[:, 2]
    design = design[:, free]
    left = design.T @ design + penalty[5, free].diag()
    expected = torch.linalg.solve(left, design.T @ values)
    torch.testing.assert_close(found[5, free], expected, rtol=1e-8, atol=1e-8)


def test_a_solved_problem_stays_solved():
    _, matrix, columns, penalty, _ = problem()
    solved = improve_rows(matrix, torch.zeros_like(penalty), columns, penalty, 50)
    assert solved.isfinite().all()
    again = improve_rows(matrix, solved, columns, penalty, 50)
    torch.testing.assert_close(again, solved, rtol=1e-10, atol=1e-10)


def test_one_problem_over_all_rows_is_solved_too():
    draw = torch.Generator().manual_seed(2)
    root = torch.randn(6, 6, generator=draw, dtype=torch.float64)
    hessian = root @ root.T + torch.eye(6)
    wanted = torch.randn(3, 2, generator=draw, dtype=torch.float64)

    def product(direction):
        return (hessian @ direction.flatten()).view(3, 2)

    scale = (1 / hessian.diagonal()).view(3, 2)
    found = descend(torch.zeros_like(wanted), product(wanted), product, scale, 12, by_row=False)
    torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-8)
