"""Gradients of length one."""

import pytest
import torch

from xaitool.core.unit import unit


@pytest.mark.parametrize("scale", [1e-300, 1e-20, 1.0, 1e20, 1e300])
def test_length_is_one_whatever_the_scale(scale):
    gradient = torch.randn(3, 2, 4, 4, dtype=torch.float64) * scale
    direction = unit(gradient)
    torch.testing.assert_close(direction.square().sum((1, 2, 3)), torch.ones(3).double())
    cosine = (direction * (gradient / scale)).sum((1, 2, 3))
    torch.testing.assert_close(cosine, (gradient / scale).square().sum((1, 2, 3)).sqrt())


def test_no_gradient_has_no_direction():
    gradient = torch.zeros(2, 1, 3, 3)
    gradient[1, 0, 1, 1] = -1e-30
    direction = unit(gradient)
    assert (direction[0] == 0).all()
    assert direction[1, 0, 1, 1] == -1
