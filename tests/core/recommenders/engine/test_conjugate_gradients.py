import torch

from xaitool.core.recommenders.engine.conjugate_gradients import descend


def problem():
    draw = torch.Generator().manual_seed(2)
    root = torch.randn(6, 6, generator=draw, dtype=torch.float64)
    hessian = root @ root.T + torch.eye(6)
    wanted = torch.randn(3, 2, generator=draw, dtype=torch.float64)

    def product(direction):
        return (hessian @ direction.flatten()).view(3, 2)

    return wanted, product, (1 / hessian.diagonal()).view(3, 2)


def test_as_many_steps_as_unknowns_solve_it():
    wanted, product, scale = problem()
    found = descend(torch.zeros_like(wanted), product(wanted), product, scale, 6)
    torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-8)


def test_a_solved_problem_stays_solved():
    wanted, product, scale = problem()
    solved = descend(torch.zeros_like(wanted), product(wanted), product, scale, 50)
    torch.testing.assert_close(solved, wanted, rtol=1e-8, atol=1e-8)
    again = descend(solved, product(wanted - solved), product, scale, 50)
    torch.testing.assert_close(again, wanted, rtol=1e-8, atol=1e-8)


def test_what_the_scale_holds_stays_and_the_rest_is_solved():
    wanted, product, scale = problem()
    scale[1, 0] = 0
    found = descend(torch.zeros_like(wanted), product(wanted), product, scale, 5)
    assert found[1, 0] == 0
    gradient = product(wanted - found).abs()
    gradient[1, 0] = 0
    assert gradient.max() < 1e-8
