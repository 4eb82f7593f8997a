"""Similarity between the maps of one image."""

import pytest

from tests.workflows.evaluation.attributions.made_files import (
    every_class,
    maps_of,
    measure,
    write,
)
from xaitool.workflows.evaluation.attributions import target_similarity


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_similarity_between_target_classes():
    extra = every_class([1.0, 2, 3, 4], [-2.0, 4, 6, 8], [8.0, 6, 4, 2])
    write(maps_of([7.0] * 4), [0], [-1], extra=extra)
    [row] = measure("target-similarity")
    assert row["value"] == row["spearman"] == pytest.approx((1 - 1 - 1) / 3)
    assert row["cosine"] == pytest.approx((1 + 2 * 20 / 30) / 3)
    assert (row["ssim"], row["pairs"], row["n"]) == (None, 3, 1)


def test_similarity_draws_some_of_very_many_pairs(monkeypatch):
    monkeypatch.setattr(target_similarity, "MOST_PAIRS", 2)
    monkeypatch.setattr(target_similarity, "NUMBERS_AT_ONCE", 4)
    extra = every_class([1.0, 2, 3, 4], [-2.0, 4, 6, 8], [8.0, 6, 4, 2])
    write(maps_of([7.0] * 4), [0], [-1], extra=extra)
    first, again = (measure("target-similarity", seed=1) for _ in range(2))
    assert first == again
    assert first[0]["pairs"] == 2
