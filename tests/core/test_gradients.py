"""Gradients that are, and gradients that are not."""

import pytest
import torch
from torch.utils.checkpoint import checkpoint

from xaitool.core.gradients import gradients
from xaitool.errors import ModelError


def leaf():
    return torch.rand(3, dtype=torch.float64, requires_grad=True)


def test_is_that_of_torch():
    points, upstream = leaf(), torch.rand(3, dtype=torch.float64)
    (found,) = gradients(points.sin(), points, upstream)
    torch.testing.assert_close(found, upstream * points.detach().cos())
    unused = leaf()
    one, none = gradients(points.sum(), [points, unused], allow_unused=True)
    assert torch.equal(one, torch.ones_like(one))
    assert none is None


def test_graph_stays_when_asked():
    points = leaf()
    output = points.sin().sum()
    gradients(output, points, retain_graph=True)
    gradients(output, points)
    with pytest.raises(RuntimeError, match="second time"):  # ours: not a fault of the model
        gradients(output, points)


def overwritten(points):
    result = (points * 1).exp()
    result.mul_(2)
    return result


def other_tensors(points):
    sizes = iter([1, 2])

    def part(given):
        return (given.repeat(next(sizes)) ** 2).sum()

    return checkpoint(part, points, use_reentrant=False)


REFUSED = {
    "reentrant checkpointing": lambda x: checkpoint(torch.sin, x, use_reentrant=True),
    "other tensors on the way back": other_tensors,
    "modified by an inplace operation": overwritten,
    "not have been used": lambda x: leaf() * 2,
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_has_none_is_one_line(words):
    points = leaf()
    with pytest.raises(ModelError, match=words) as refusal:
        gradients(REFUSED[words](points).sum(), points)
    assert "\n" not in str(refusal.value)
    assert refusal.value.hint
