"""Rows as pictures take them."""

import json

from xaitool.workflows.evaluation.drawable import DrawableRow, heading, in_words, short_names


def test_what_is_drawn_is_no_part_of_the_row():
    row = DrawableRow({"value": 1}, curve=[1, 2])
    assert json.dumps(row) == '{"value": 1}'
    assert row == {"value": 1}
    assert row.drawn == {"curve": [1, 2]}


def test_names_are_short_where_they_differ():
    rows = [{"source": one} for one in ("runs/a", "runs/b", "runs/a")]
    assert short_names(rows) == {"runs/a": "a", "runs/b": "b"}
    rows = [{"source": one} for one in ("x/a", "y/a")]
    assert short_names(rows) == {"x/a": "x/a", "y/a": "y/a"}


def test_a_title_names_a_single_artifact():
    assert heading("Confusion", {"runs/a": "a"}) == "Confusion (a)"
    assert heading("Confusion", {"runs/a": "a", "b": "b"}) == "Confusion"


def test_words():
    assert in_words("b3@5-popularity") == "bottom 3 in bottom 5 (popularity)"
    assert in_words("ndcg@10") == "NDCG at 10"
    assert in_words("rmse-cold-user") == "RMSE (cold user)"
