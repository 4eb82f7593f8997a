"""Classes that a call from Python asks about."""

from typing import Any

import pytest
import torch
from torch import nn

from xaitool.core.frozen.users_model import UsersClassifier
from xaitool.errors import ConfigError, DataError, ModelError, ShapeError
from xaitool.workflows.explanations.class_arguments import (
    checked_logits,
    chosen_score,
    target_count,
)

LOGITS = torch.tensor([[1.0, 5.0, 3.0], [4.0, 0.0, 2.0]]).double()
IMAGES = torch.rand(5, 1, 2, 2, generator=torch.Generator().manual_seed(0))


def chosen(target: Any = None, against: Any = None) -> tuple[list[int], list[int] | None]:
    score = chosen_score(LOGITS, target, against, "logit")
    return score.target.tolist(), None if score.against is None else score.against.tolist()


def test_unasked_it_is_the_predicted_class() -> None:
    assert chosen() == ([1, 0], None)
    assert chosen(against="second") == ([1, 0], [2, 2])


def test_each_of_the_most_probable_classes() -> None:
    assert chosen("top2") == ([1, 2, 0, 2], None)
    assert chosen("top2", "second") == ([1, 2, 0, 2], [2, 1, 2, 0])
    assert chosen("top1", [0, 1]) == ([1, 0], [0, 1])
    assert chosen("top2", [0, 1]) == ([1, 2, 0, 2], [0, 0, 1, 1])
    assert [target_count(target) for target in (None, 3, [2, 0], "top7")] == [1, 1, 1, 7]


def test_the_second_is_the_most_probable_other_one() -> None:
    assert chosen(2, "second") == ([2, 2], [1, 0])


@pytest.mark.parametrize("target", [[2, 0], (2, 0), torch.tensor([2, 0], dtype=torch.uint8)])
def test_a_class_for_each_image(target: Any) -> None:
    assert chosen(target, 1) == ([2, 0], [1, 1])
    assert chosen_score(LOGITS, target, None, "logit").target.dtype == torch.int64


@pytest.mark.parametrize(
    ("target", "against", "error", "message"),
    [
        (3, None, ConfigError, "target is 3, but the model's classes are 0 to 2"),
        (0, -1, ConfigError, "against is -1, but the model's classes are 0 to 2"),
        (0.5, None, ConfigError, "target is 0.5, but whole numbers are wanted"),
        ("cat", None, ConfigError, "target is 'cat', but whole numbers, or such as 'top5', are"),
        ("top4", None, ConfigError, "target is 'top4', but the model has 3 classes"),
        ("top2", 0, DataError, "against is 0, which is the target too"),
        ([0, 1, 2], None, ShapeError, r"target is \(3,\), but one class, or one for each of 2"),
        (1, [0, 1], DataError, "against is 1, which is the target too, but another class"),
    ],
)
def test_what_is_no_class(target: Any, against: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        chosen(target, against)


class Function(nn.Module):
    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function
        self.calls: list[int] = []

    def forward(self, images: torch.Tensor) -> Any:
        self.calls.append(len(images))
        return self.function(images)


def test_logits_come_a_few_at_a_time_and_the_model_is_left_in_its_mode() -> None:
    model = Function(lambda images: images.flatten(1)[:, :3]).train()
    found = checked_logits(UsersClassifier(model), IMAGES, 2)
    assert torch.equal(found, IMAGES.flatten(1)[:, :3])
    assert model.calls[:3] == [2, 2, 1]
    assert model.training


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda images: images, r"returns \(5, 1, 2, 2\), but logits \(5, classes\) are wanted"),
        (lambda images: images.flatten(1) / 0, "returns NaN or infinity"),
        (lambda images: images @ torch.ones(3, 3), "the model fails on torch.float32"),
        (lambda images: images.mean((1, 2, 3)).sigmoid(), "ends in a sigmoid"),
    ],
)
def test_what_is_no_logits(function: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        checked_logits(UsersClassifier(Function(function)), IMAGES, 8)
