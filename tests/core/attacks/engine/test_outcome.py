"""The book that an attack keeps: the best points, the steps, the gradients of nothing."""

from __future__ import annotations

import torch

from xaitool.core.attacks.engine.outcome import Outcome

IMAGES = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64).view(3, 1, 1, 1).repeat(1, 1, 1, 2)


def at(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).view(-1, 1, 1, 1).repeat(1, 1, 1, 2)


def flags(*values: bool) -> torch.Tensor:
    return torch.tensor(values)


def test_before_anything_is_tried_the_images_are_the_result() -> None:
    result = Outcome.of(at(0.25, 1 + 1e-7)).result(at(0.25, 1.0))
    assert result.images.equal(at(0.25, 1.0))
    assert not result.success.any()
    assert not result.zero_gradient.any()
    assert result.steps.tolist() == [0, 0]
    assert result.linf.tolist() == result.l2.tolist() == [0, 0]


def test_the_largest_objective_stays_until_a_point_is_misclassified() -> None:
    outcome = Outcome.of(IMAGES)
    row = torch.tensor([2, 0])
    outcome.note(row, at(0.7, 0.3), flags(False, False), torch.tensor([1.0, 5.0]).double())
    outcome.note(row, at(0.6, 0.4), flags(False, False), torch.tensor([2.0, 4.0]).double())
    assert outcome.images[:, 0, 0, 0].tolist() == [0.3, 0.5, 0.6]
    assert outcome.objective.tolist() == [5, -torch.inf, 2]
    assert outcome.unbroken.tolist() == [0, 1, 2]
    # Success counts more than the objective, which is lower here.
    outcome.note(row[1:], at(0.9), flags(True), torch.tensor([-3.0]).double())
    assert outcome.images[:, 0, 0, 0].tolist() == [0.9, 0.5, 0.6]
    assert outcome.unbroken.tolist() == [1, 2]


def test_parts_write_into_the_whole() -> None:
    outcome = Outcome.of(IMAGES)
    outcome.part(slice(1, 3)).note(
        torch.tensor([1]), at(1.0), flags(True), torch.tensor([0.0]).double()
    )
    assert outcome.success.tolist() == [False, False, True]
    result = outcome.result(IMAGES)
    assert result.linf.tolist() == [0, 0, 0.25]
    torch.testing.assert_close(result.l2[2], torch.tensor(0.25 * 2**0.5, dtype=torch.float64))


def test_a_gradient_of_nothing_counts_only_where_the_sample_was_right() -> None:
    outcome = Outcome.of(IMAGES)
    row, gradient = torch.tensor([0, 1, 2]), at(0.0, 0.0, 1e-3)
    outcome.count(row, gradient, flags(True, False, True))
    assert outcome.zero_gradient.tolist() == [True, False, False]
    # Two pixels of 1e-3 sum to less than this noise; once seen, it is not forgotten.
    outcome.count(row[2:], at(1e-3), flags(True), torch.tensor([2.5e-3]))
    outcome.count(row[2:], at(1.0), flags(True))
    assert outcome.zero_gradient.tolist() == [True, False, True]
    assert outcome.steps.tolist() == [1, 1, 3]
