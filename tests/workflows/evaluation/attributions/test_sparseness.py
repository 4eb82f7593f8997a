"""The Gini index of maps made by hand."""

import pytest

from tests.workflows.evaluation.attributions.made_files import (
    every_class,
    maps_of,
    measure,
    write,
)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_gini_of_each_map():
    write(maps_of([0.0, 0, -2, 0], [1.0, 1, 1, -1], [0.0, 0, 0, 0]), [0] * 3, [1] * 3)
    [row] = measure("gini")
    assert list(row)[:4] == ["metric", "value", "n", "source"]
    assert row["value"] == pytest.approx(0.375)
    assert row["std"] == pytest.approx(0.375)
    assert (row["n"], row["undefined"], row["source"]) == (2, 1, "a.h5")
    [row] = measure("gini", limit=1)
    assert row["value"] == pytest.approx(0.75)


def test_gini_of_zeros_only():
    write(maps_of([0.0] * 4), [0], [1])
    [row] = measure("gini")
    assert (row["value"], row["std"], row["n"], row["undefined"]) == (None, None, 0, 1)


def test_gini_of_a_map_for_each_class_is_their_mean():
    extra = every_class([4.0, 0, 0, 0], [1.0, 1, 1, 1], [0.0, 0, 0, 0])
    write(maps_of([7.0] * 4), [0], [-1], extra=extra)
    [row] = measure("gini")
    assert (row["value"], row["n"]) == (pytest.approx(0.375), 1)
