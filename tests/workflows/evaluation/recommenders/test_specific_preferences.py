"""Agreement of reasons, by the cosine of two short vectors."""

import pytest
import torch

from tests.workflows.evaluation.recommenders.hand_made import by_name, fold
from xaitool.workflows.evaluation.recommenders import specific_preferences as module
from xaitool.workflows.evaluation.recommenders.specific_preferences import SpecificPreferences


def test_reasons_are_those_of_the_items_aspects():
    found = by_name(SpecificPreferences("score_s"))
    assert list(found) == ["score_s", "score_s-general", "score_s-random", "score_s-popularity"]
    # (0, -1, 0) beside (0, -.3, 0), (2, -1, 0) beside (.6, -.3, 0), (0, 0, -1) beside (0, 0, -.3);
    # a linear model's reasons are its general preferences.
    assert found["score_s"] == found["score_s-general"] == (pytest.approx(1), 3)
    # (0, 1, 0), (2, 1, 0), of cosine .9 / (√.45 √5), and no reason at all.
    assert found["score_s-popularity"] == (pytest.approx((-1 + 0.6 + 0) / 3), 3)


def test_what_is_not_preferred_at_all_is_no_case():
    truth = torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]).double()
    # Of the third item's a and b the first user thinks nothing; the second dislikes c.
    assert by_name(SpecificPreferences("score_s"), fold(truth=truth))["score_s"] == (-1, 1)


def test_pairs_that_are_taken_apart(monkeypatch):
    whole = by_name(SpecificPreferences("score_s"))
    monkeypatch.setattr(module, "ROWS", 2)
    assert by_name(SpecificPreferences("score_s")) == whole
