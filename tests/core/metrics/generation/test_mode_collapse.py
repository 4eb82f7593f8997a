import math

import pytest

from xaitool.core.metrics.generation.mode_collapse import mode_collapse

FINE = {"class_coverage": 1.0, "feature_distance": 0.98, "pixel_deviation": 0.8, "fid": 900.0}


def test_varied_samples_are_not_spoken_of():
    assert mode_collapse(FINE) is None
    assert mode_collapse({}) is None


@pytest.mark.parametrize("name", ["class_coverage", "feature_distance", "pixel_deviation"])
def test_what_is_not_known_says_nothing(name):
    assert mode_collapse(FINE | {name: math.nan}) is None
    assert mode_collapse({key: value for key, value in FINE.items() if key != name}) is None


def test_each_figure_has_its_words():
    assert mode_collapse(FINE | {"class_coverage": 0.3}) == (
        "the samples have collapsed: they cover 30% of the classes"
    )
    assert "features lie 0.1 times as far apart" in str(
        mode_collapse(FINE | {"feature_distance": 0.1})
    )
    assert "pixels vary 0.021 times as much" in str(
        mode_collapse(FINE | {"pixel_deviation": 0.0213})
    )


def test_all_of_them_are_one_sentence():
    said = mode_collapse({"class_coverage": 0.1, "feature_distance": 0.0, "pixel_deviation": 0.0})
    assert said == (
        "the samples have collapsed: they cover 10% of the classes, their features lie 0 times as "
        "far apart as those of real images, their pixels vary 0 times as much as those of real "
        "images"
    )


def test_the_threshold_itself_is_no_collapse():
    assert mode_collapse({"class_coverage": 0.7, "feature_distance": 0.5}) is None
