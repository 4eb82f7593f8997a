"""Inverse localisation of maps made by hand."""

import pytest

from tests.workflows.evaluation.attributions.made_files import (
    NAMES,
    every_class,
    maps_of,
    measure,
    write,
)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_inverse_localisation_by_kind_of_pair():
    maps = maps_of(
        [4.0, 1, -1, 1],  # another object: common 1, differing 4
        [-4.0, 2, 2, 2],  # another object
        [4.0, 1, 1, 1],  # another scene: common 4, differing 1
        [1.0, 1, 1, 1],  # neither is shared
        [0.0, 1, 1, 1],  # another object: nothing where they differ
    )
    write(maps, [0, 3, 0, 0, 0], [1, 2, 2, 3, 1])
    rows = measure("inverse-localisation")
    assert tuple(row["pair"] for row in rows) == NAMES
    assert [row["value"] for row in rows] == pytest.approx([0.375, 4, (0.25 + 0.5 + 4) / 3])
    assert [row["n"] for row in rows] == [2, 1, 3]
    assert [row["undefined"] for row in rows] == [1, 0, 1]
    assert [row["no_common_region"] for row in rows] == [None, None, 1]
    assert rows[0]["std"] == pytest.approx(0.125)


def test_inverse_localisation_of_a_map_for_each_class():
    extra = every_class([4.0, 1, 1, 1], [4.0, 1, 1, 1], [9.0, 9, 9, 9])
    write(maps_of([7.0] * 4), [0], [-1], extra=extra)
    rows = measure("inverse-localisation")
    assert [row["value"] for row in rows] == pytest.approx([0.25, 4, 2.125])
    assert rows[2]["no_common_region"] == 1
