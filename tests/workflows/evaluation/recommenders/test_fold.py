"""One split of the ratings, in numbers that were found by hand."""

import pytest
import torch

from tests.workflows.evaluation.recommenders.hand_made import data, fold, linear, ratings
from xaitool.core.recommenders.biases import Biases
from xaitool.workflows.evaluation.recommenders import fold as module
from xaitool.workflows.evaluation.recommenders.fold import (
    FoldFigure,
    FoldMetric,
    PreferenceMetric,
    mean_figure,
)
from xaitool.workflows.recommenders.recipe import FittedModel


@pytest.mark.parametrize("rows", [1, 2, 65_536])
def test_test_pairs_are_rated_whatever_fits_in_memory(rows, monkeypatch):
    monkeypatch.setattr(module, "ROWS", rows)
    assert fold().predicted.tolist() == [2.5, 4.5, 2.0]


def test_preferences_are_its_own_and_two_that_know_nothing():
    found = fold().preferences
    assert list(found) == ["", "-random", "-popularity"]
    assert found[""].tolist() == [[2, -1, 0], [0.5, 0.25, -1]]
    torch.testing.assert_close(found["-popularity"], torch.tensor([[2 / 3, 1 / 3, 0]] * 2).double())
    torch.testing.assert_close(found["-random"].abs().sum(1), torch.ones(2).double())
    assert torch.equal(found["-random"], fold().preferences["-random"])
    assert not torch.equal(found["-random"], fold(seed=1).preferences["-random"])


def test_what_explains_nothing_has_no_explanation():
    model = Biases(2, 4).fit(ratings((0, 0, 5.0)))
    with pytest.raises(ValueError, match="explains nothing"):
        _ = fold(fitted=FittedModel(model, None)).explainer


def test_undefined_values_are_no_cases():
    values = torch.tensor([1.0, torch.nan, 2.0])
    assert mean_figure("some", values) == FoldFigure("some", 1.5, 2)
    assert mean_figure("none", values[1:2]) == FoldFigure("none", None, 0)


class Error(FoldMetric):
    def figures(self, fold):
        yield FoldFigure(self.name, 0.0, 1)


class Kept(PreferenceMetric):
    def figures(self, fold):
        yield FoldFigure(self.name, 0.0, 1)


def test_preferences_are_measured_where_something_explains():
    biases = FittedModel(Biases(2, 4), None)
    assert Error("some").unmeasurable(biases, data()) is None
    assert Kept("some").unmeasurable(linear(), data()) is None
    assert Kept("some").unmeasurable(biases, data()) == "its base explains nothing"
