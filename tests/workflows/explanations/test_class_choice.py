"""Targets by index, by name, by what the model says; and what cannot be one."""

from __future__ import annotations

import re

import pytest
import torch

from xaitool.errors import ConfigError, DataError, InputError, UnknownNameError
from xaitool.workflows.explanations.class_choice import ClassChoice, class_label, top_classes

NAMES = ("cat", "dog", "7")
LOGITS = torch.tensor([[0.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
LABELS = torch.tensor([2, 1])


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("predicted", [1, 0]),
        ("label", [2, 1]),
        ("dog", [1, 1]),
        ("0", [0, 0]),
        ("7", [2, 2]),  # a name wins over an index
    ],
)
def test_targets(target: str, wanted: list[int]) -> None:
    score = ClassChoice(target, None, NAMES).score(LOGITS, LABELS, "logit")
    assert score.target.tolist() == wanted
    assert score.target.dtype == torch.int64
    assert score.against is None
    torch.testing.assert_close(score(LOGITS), LOGITS[torch.arange(2), torch.tensor(wanted)])


def test_each_of_the_most_probable_classes() -> None:
    choice = ClassChoice("top2", None, NAMES)
    score = choice.score(LOGITS, LABELS, "logit")
    assert (choice.targets, score.target.tolist()) == (2, [1, 2, 0, 1])
    second = ClassChoice("top2", "second", NAMES).score(LOGITS, LABELS, "logit")
    assert second.against is not None
    assert second.against.tolist() == [2, 1, 1, 0]
    against_label = ClassChoice("top2", "label", NAMES)
    assert against_label.may_clash
    assert against_label.clash(LOGITS, torch.tensor([2, 2])).tolist() == [True, False]
    with pytest.raises(ConfigError, match="--target is top4, but the model has 3 classes") as error:
        ClassChoice("top4", None, NAMES).check(3)
    assert error.value.hint == "--target top3"


def test_of_equal_logits_the_first_class_is_first() -> None:
    assert top_classes(torch.tensor([[1.0, 2.0, 2.0, 1.0]]), 3).tolist() == [[1, 2, 0]]


def test_a_name_is_one_name_in_any_normal_form() -> None:
    for typed in ("caf\u00e9", "cafe\u0301"):
        score = ClassChoice(typed, None, ("the", "caf\u00e9")).score(LOGITS, LABELS, "logit")
        assert score.target.tolist() == [1, 1]


def test_an_index_of_very_many_digits_is_none() -> None:
    with pytest.raises(UnknownNameError, match="unknown class '999"):
        ClassChoice("9" * 5000, None, NAMES).check(3)


@pytest.mark.parametrize(
    ("target", "against", "wanted"),
    [
        ("predicted", "second", [2, 1]),
        ("label", "second", [1, 0]),
        ("cat", "second", [1, 1]),
        ("predicted", "7", [2, 2]),
        ("label", "0", [0, 0]),
        ("cat", "label", [2, 1]),
        ("label", "predicted", [1, 0]),
    ],
)
def test_one_against_one(target: str, against: str, wanted: list[int]) -> None:
    score = ClassChoice(target, against, NAMES).score(LOGITS, LABELS, "probability")
    assert score.against is not None
    assert score.against.tolist() == wanted
    assert score.output == "probability"


@pytest.mark.parametrize("against", ["dog", "1"])
def test_a_class_is_not_held_against_itself(against: str) -> None:
    choice = ClassChoice("predicted", against, NAMES)
    choice.check(3)
    with pytest.raises(DataError, match=f"--against {against} is the target of an image") as error:
        choice.score(LOGITS, LABELS, "logit")
    assert error.value.hint == "--against second"


def test_the_same_class_twice_is_refused_at_once() -> None:
    with pytest.raises(DataError, match="--against 1 is the target"):
        ClassChoice("dog", "1", NAMES).check(3)


@pytest.mark.parametrize(
    ("target", "against", "may", "clash"),
    [
        ("predicted", "dog", True, [True, False]),
        ("predicted", "label", True, [False, False]),
        ("label", "predicted", True, [False, False]),
        ("label", "dog", True, [False, True]),
        ("label", "label", True, [True, True]),
        ("cat", "predicted", True, [False, True]),
        ("cat", "dog", False, [False, False]),
        ("predicted", "second", False, [False, False]),
        ("predicted", "all", False, [False, False]),
        ("label", None, False, [False, False]),
    ],
)
def test_where_two_classes_are_one(
    target: str, against: str | None, may: bool, clash: list[bool]
) -> None:
    choice = ClassChoice(target, against, NAMES)
    assert choice.may_clash == may
    assert choice.clash(LOGITS, LABELS).tolist() == clash


def test_every_class_is_no_second_class() -> None:
    assert ClassChoice("predicted", "all", NAMES).score(LOGITS, LABELS, "logit").against is None


@pytest.mark.parametrize("labels", [[-1, 1], [0, 3]])
def test_a_label_that_is_none(labels: list[int]) -> None:
    with pytest.raises(DataError, match="--target label has images without a label"):
        ClassChoice("label", None, NAMES).score(LOGITS, torch.tensor(labels), "logit")


@pytest.mark.parametrize(
    ("target", "against", "names", "kind", "message"),
    [
        ("3", None, NAMES, ConfigError, "--target is 3, but the model's classes are 0 to 2"),
        ("-1", None, NAMES, ConfigError, "--target is -1, but"),
        ("--1", None, NAMES, UnknownNameError, "unknown class '--1'"),
        ("²", None, NAMES, UnknownNameError, "unknown class '²'"),
        ("predicted", "99", NAMES, ConfigError, "--against is 99, but"),
        ("kat", None, NAMES, UnknownNameError, "unknown class 'kat'; did you mean 'cat'?"),
        ("predicted", "dgo", NAMES, UnknownNameError, "unknown class 'dgo'; did you mean 'dog'?"),
        ("cat", None, (), ConfigError, "--target is 'cat', but the model's classes have no names"),
        ("second", None, NAMES, UnknownNameError, "unknown class 'second'"),
        ("top0", None, NAMES, ConfigError, "--target is top0, but top1 to top3 are wanted"),
    ],
)
def test_no_such_class(
    target: str, against: str | None, names: tuple[str, ...], kind: type[InputError], message: str
) -> None:
    choice = ClassChoice(target, against, names)
    with pytest.raises(kind, match=re.escape(message)):
        choice.check(3)


def test_what_people_call_a_class() -> None:
    assert [class_label(index, NAMES) for index in (0, 2, 5)] == ["cat", "7", "5"]


def test_a_single_class_has_no_second() -> None:
    with pytest.raises(DataError, match="two or more are wanted"):
        ClassChoice("predicted", "second", ()).score(torch.zeros(1, 1), torch.tensor([-1]), "logit")
