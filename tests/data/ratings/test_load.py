"""Data sets by name: the official formats, written by the test; the network is a server of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xaitool import registry
from xaitool.data.ratings.load import load_ratings
from xaitool.errors import ConfigError, DataError, UnknownNameError

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("csv", "dataset 'csv' names no path, but csv:FILE is wanted"),
        ("csv:", "dataset 'csv' names no path"),
        ("yahoo-movies", "dataset 'yahoo-movies' names no path, but yahoo-movies:FOLDER is wanted"),
        ("ml-1m:here", "dataset 'ml-1m:here' has something after its name, but 'ml-1m' alone is"),
    ],
)
def test_places(name: str, message: str):
    with pytest.raises(DataError, match=message):
        load_ratings(name)


def test_arguments_that_do_not_go_together():
    with pytest.raises(UnknownNameError, match=r"'ml-100'; did you mean 'ml-1"):
        load_ratings("ml-100")
    with pytest.raises(ConfigError, match="'ml-1m' has its own aspects, but another aspects file"):
        load_ratings("ml-1m", aspects=Path("a.csv"))
    with pytest.raises(ConfigError, match="'ml-1m' has its own scale, but another scale was given"):
        load_ratings("ml-1m", scale=(1.0, 5.0))
    with pytest.raises(ConfigError, match="scale is 5 to 1, but low to high is wanted"):
        load_ratings("csv:x", scale=(5.0, 1.0))
    for scale in ((0.0, 1e37), (-1e37, 1.0), (0.0, float("inf")), (float("nan"), 1.0)):
        with pytest.raises(ConfigError, match=r"scale is .*, but .* wanted"):
            load_ratings("csv:x", scale=scale)


def test_synthetic_ratings_by_name():
    data = load_ratings("synthetic-ratings:users=30,items=20,ratings=5")
    assert (data.ratings.user_count, data.ratings.item_count, len(data.ratings)) == (30, 20, 150)


def test_every_registered_name_has_a_loader():
    for name in registry.names("ratings"):
        assert callable(registry.load("ratings", name))
