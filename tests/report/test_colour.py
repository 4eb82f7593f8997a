import numpy as np
import pytest

from xaitool.errors import ShapeError
from xaitool.report.colour import colour_diverging, colour_scale, colour_sequential

MAPS = [colour_diverging, colour_sequential]


def row(*values):
    return np.array([values], dtype=np.float64)


def lightness(pixels):
    """CIE L* of sRGB bytes."""
    linear = ((pixels / 255 + 0.055) / 1.055) ** 2.4
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    return 116 * np.cbrt(np.maximum(luminance, 0.008856)) - 16


@pytest.mark.parametrize("colour", MAPS)
def test_zero_is_white_whatever_the_scale(colour):
    assert (colour(row(0, 1, 5))[0, 0] == 255).all()
    assert (colour(row(0.0), scale=0.3) == 255).all()


@pytest.mark.parametrize("colour", MAPS)
def test_a_map_of_zeros_is_white(colour):
    pixels = colour(np.zeros((4, 5)))
    assert pixels.shape == (4, 5, 3)
    assert pixels.dtype == np.uint8
    assert (pixels == 255).all()


@pytest.mark.parametrize("colour", MAPS)
def test_a_constant_map_has_the_full_colour(colour):
    assert (colour(np.full((4, 5), 1e-12)) == colour(row(1.0), scale=1.0)).all()


def test_positive_is_red_and_negative_is_blue():
    (negative, positive) = colour_diverging(row(-1, 1))[0].astype(int)
    assert positive[0] > positive[2] + 50
    assert negative[2] > negative[0] + 50


def test_the_scale_is_symmetric():
    assert colour_scale(row(-2, 1)) == colour_scale(row(2, -1))
    alone, among_negative = colour_diverging(row(0.5, 2)), colour_diverging(row(0.5, -2))
    assert (alone[0, 0] == among_negative[0, 0]).all()


@pytest.mark.parametrize("colour", MAPS)
def test_lightness_falls_away_from_zero(colour):
    up = lightness(colour(np.linspace(0, 1, 101)[None], scale=1.0)[0])
    assert (np.diff(up) <= 0.2).all()
    assert up[0] - up[-1] > 55
    if colour is colour_diverging:
        down = lightness(colour(np.linspace(0, -1, 101)[None], scale=1.0)[0])
        assert np.abs(up - down).max() < 10


def test_sequential_shows_nothing_below_zero():
    assert (colour_sequential(row(-3, 1))[0, 0] == 255).all()


def test_outliers_do_not_set_the_scale():
    values = np.full((20, 20), -1.0)
    values[0, 0] = 1e6
    assert colour_scale(values) == pytest.approx(1.0)


def test_few_values_among_zeros_still_set_the_scale():
    values = np.zeros((28, 28))
    values[3, 4] = -2.5
    assert colour_scale(values) == 2.5


def test_a_tiny_scale_does_not_overflow():
    values = np.full((20, 20), 1e-300)
    values[0, 0] = 1e300
    assert (colour_diverging(values)[0, 0] == colour_diverging(row(1.0))[0, 0]).all()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_refused(bad):
    with pytest.raises(ShapeError, match="NaN or infinite"):
        colour_diverging(row(0, bad))


@pytest.mark.parametrize("shape", [(3,), (0, 4), (1, 3, 3)])
def test_what_is_no_map_is_refused(shape):
    with pytest.raises(ShapeError, match=r"but \(height, width\) is wanted"):
        colour_sequential(np.zeros(shape))
