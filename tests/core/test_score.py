"""The scalar that is explained, beside plain arithmetic."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch

from xaitool.core.score import Output, Score, are_probabilities, on_scale
from xaitool.errors import ShapeError, UnknownNameError

LOGITS = torch.tensor([[2.0, 0.5, -1.0], [0.0, 3.0, 1.0]], dtype=torch.float64)
TARGET, AGAINST = torch.tensor([0, 2]), torch.tensor([2, 1])
OUTPUTS = get_args(Output)


def by_hand(row: list[float], label: int, output: Output) -> float:
    """Of one class."""
    total = sum(math.exp(logit) for logit in row)
    on_scales: dict[Output, float] = {
        "logit": row[label],
        "probability": math.exp(row[label]) / total,
        "log-probability": row[label] - math.log(total),
    }
    return on_scales[output]


@pytest.mark.parametrize("output", OUTPUTS)
def test_it_is_one_class_or_the_difference_of_two(output: Output) -> None:
    alone, other = (
        torch.tensor(
            [
                by_hand(row, label, output)
                for row, label in zip(LOGITS.tolist(), labels.tolist(), strict=True)
            ],
            dtype=torch.float64,
        )
        for labels in (TARGET, AGAINST)
    )
    torch.testing.assert_close(Score(TARGET, output=output)(LOGITS), alone)
    torch.testing.assert_close(Score(TARGET, AGAINST, output)(LOGITS), alone - other)


def test_the_probability_of_a_single_column_is_a_sigmoid() -> None:
    logits = torch.tensor([[0.0], [math.log(3)]], dtype=torch.float64)
    score = Score(torch.zeros(2, dtype=torch.int64), output="probability")
    torch.testing.assert_close(score(logits), torch.tensor([0.5, 0.75]).double())
    torch.testing.assert_close(on_scale(logits, "log-probability").exp(), score(logits)[:, None])


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("against", [None, AGAINST])
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_by_rules_it_is_the_same_number_and_has_the_same_gradient(
    output: Output, against: torch.Tensor | None, scale: float
) -> None:
    score = Score(TARGET, against, output)
    plain, ruled = ((scale * LOGITS).requires_grad_() for _ in range(2))
    torch.testing.assert_close(score.by_rules(ruled), score(plain), rtol=1e-9, atol=1e-12)
    (expected,) = torch.autograd.grad(score(plain).sum(), plain)
    (found,) = torch.autograd.grad(score.by_rules(ruled).sum(), ruled)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_by_rules_nothing_overflows(dtype: torch.dtype) -> None:
    logits = torch.tensor([[0.0, 5000.0, -5000.0]], dtype=dtype, requires_grad=True)
    for output in OUTPUTS:
        found = Score(torch.tensor([0]), output=output).by_rules(logits)
        (gradient,) = torch.autograd.grad(found.sum(), logits)
        assert found.dtype == dtype
        assert found.isfinite().all()
        assert gradient.isfinite().all()


def test_some_samples_and_several_of_each() -> None:
    score = Score(TARGET, AGAINST, "probability")
    for rows in (slice(1, 2), torch.tensor([1]), torch.tensor([False, True])):
        some = score.select(rows)
        assert len(some) == 1
        assert (some.target.item(), some.output) == (2, "probability")
        assert some.against is not None
        assert some.against.item() == 1
    twice = score.repeat(2)
    assert twice.target.tolist() == [0, 0, 2, 2]
    assert Score(TARGET).repeat(3).against is None


def test_an_output_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"output is \(3, 2\), but \(2, classes\) is wanted"):
        Score(TARGET)(LOGITS.T)
    with pytest.raises(ShapeError, match=r"output is \(2, 3, 1\), but"):
        Score(TARGET, output="probability").by_rules(LOGITS[..., None])


def test_a_softmax_is_told_from_logits() -> None:
    assert are_probabilities(LOGITS.softmax(1))
    assert not are_probabilities(LOGITS)
    assert not are_probabilities(LOGITS.sigmoid())
    assert not are_probabilities(torch.ones(3, 1))  # a single logit may be 1


def test_an_unknown_scale_is_refused():
    with pytest.raises(UnknownNameError, match="unknown score 'prob'; did you mean 'probability'"):
        Score(torch.tensor([0]), output="prob")  # type: ignore[arg-type]
