"""Recall of aspects, in numbers that were found by hand."""

import pytest

from tests.workflows.evaluation.recommenders.hand_made import by_name, data, linear
from xaitool.core.recommenders.biases import Biases
from xaitool.workflows.evaluation.recommenders.aspect_recall import AspectRecall
from xaitool.workflows.recommenders.recipe import FittedModel


def test_of_the_top():
    # The first user likes a and c most, predicted a and c; the second b and a, predicted the same.
    assert by_name(AspectRecall("t2@2"))["t2@2"] == (1, 2)
    # Of one aspect the second user's is missed.
    assert by_name(AspectRecall("t1@1"))["t1@1"] == (0.5, 2)
    # a and b are rated most, of which the first user likes a alone.
    assert by_name(AspectRecall("t2@2"))["t2@2-popularity"] == (0.75, 2)


def test_of_the_bottom():
    found = by_name(AspectRecall("b1@1"))
    assert list(found) == ["b1@1", "b1@1-random", "b1@1-popularity"]
    assert found["b1@1"] == (1, 2)
    # They dislike b and c; a is rated most.
    assert found["b1@1-popularity"] == (0, 2)
    # a and b, of which the first user's is one.
    assert by_name(AspectRecall("b1@2"))["b1@2-popularity"] == (0.5, 2)


def test_of_fewer_aspects_than_are_predicted():
    assert AspectRecall("t1@3").unmeasurable(linear(), data()) is None
    reason = AspectRecall("t3@5").unmeasurable(linear(), data())
    assert reason == "its items have 3 different aspects"
    biases = FittedModel(Biases(2, 4), None)
    assert AspectRecall("t3@5").unmeasurable(biases, data()) == "its base explains nothing"


@pytest.mark.parametrize("name", ["t1", "m1@3", "t1@", "t1@3-random"])
def test_another_name(name):
    with pytest.raises(ValueError, match=f"{name} is no recall of aspects"):
        AspectRecall(name)
