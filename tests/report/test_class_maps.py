import numpy as np
import pytest
import torch

from xaitool.errors import ShapeError
from xaitool.report.class_maps import PANELS_IN_A_LINE, class_maps_picture
from xaitool.report.colour import colour_diverging
from xaitool.report.map_cells import GAP, MARGIN, MISSING
from xaitool.report.pixels import enlarged, to_pixels
from xaitool.report.renderings import RENDERINGS
from xaitool.report.text import line_height

SHAPE = (1, 28, 28)
SIDE = 140


def digit():
    return torch.rand(SHAPE, generator=torch.Generator().manual_seed(0))


def class_maps(count):
    return torch.randn((count, *SHAPE), generator=torch.Generator().manual_seed(1))


def panel(picture, index):
    """A panel below a heading of one line; panel 0 is the input."""
    line, place = divmod(index, PANELS_IN_A_LINE)
    heading = line_height(13) + GAP
    top = MARGIN + line * (heading + SIDE + 2 + 2 * GAP) + heading + 1
    left = MARGIN + place * (SIDE + 2 + GAP) + 1
    return np.asarray(picture)[top : top + SIDE, left : left + SIDE]


def test_every_map_is_in_its_place():
    maps = class_maps(13)
    picture = class_maps_picture(digit(), list(maps), [str(one) for one in range(13)])
    assert (panel(picture, 0) == enlarged(to_pixels(digit()), 5)).all()
    for index, values in enumerate(maps):
        expected = enlarged(colour_diverging(values.double().sum(0).numpy()), 5)
        assert (panel(picture, index + 1) == expected).all()


def test_all_maps_share_a_colour_map():
    maps = class_maps(2)
    maps[0].abs_()
    picture = class_maps_picture(digit(), list(maps), ["a", "b"])
    expected = colour_diverging(maps[0].double().sum(0).numpy())
    assert (panel(picture, 1)[::5, ::5] == expected).all()


def test_a_missing_map_is_grey_and_a_map_of_zeros_is_white():
    picture = class_maps_picture(digit(), [None, torch.zeros(SHAPE)], ["a", "b"])
    assert (panel(picture, 1) == MISSING).all()
    assert (panel(picture, 2) == 255).all()


@pytest.mark.parametrize(("count", "lines"), [(1, 1), (5, 1), (6, 2), (11, 2), (12, 3)])
def test_lines_hold_six_panels(count, lines):
    picture = class_maps_picture(digit(), list(class_maps(count)), ["a"] * count)
    one = class_maps_picture(digit(), list(class_maps(5)), ["a"] * 5)
    step = line_height(13) + GAP + SIDE + 2 + 2 * GAP
    if count >= 5:
        assert picture.width == one.width
        assert picture.height == one.height + (lines - 1) * step
    assert picture.width <= one.width


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_long_and_foreign_names_and_a_caption(rendering):
    names = ["Großer Schweizer Sennenhund", "Ирландский волкодав", "犬", "a" * 60, ""]
    bare, captioned = (
        class_maps_picture(
            digit(), list(class_maps(5)), names, caption=caption, rendering=rendering
        )
        for caption in ([], ["agi: goldfish, probability 0.99"])
    )
    assert captioned.width == bare.width
    assert captioned.height == bare.height + 2 * GAP + line_height(13)


def test_the_same_input_gives_the_same_bytes():
    first, second = (
        class_maps_picture(digit(), list(class_maps(3)), ["a", "b", "c"]) for _ in range(2)
    )
    assert first.tobytes() == second.tobytes()


def test_every_map_needs_a_heading():
    with pytest.raises(ShapeError, match="2 maps and 1 headings"):
        class_maps_picture(digit(), list(class_maps(2)), ["a"])


def test_bad_maps_are_refused():
    with pytest.raises(ShapeError, match="NaN or infinite"):
        class_maps_picture(digit(), [torch.full(SHAPE, float("nan"))], ["a"])
    with pytest.raises(ShapeError, match="one and the same"):
        class_maps_picture(digit(), [torch.zeros(3, 28, 28)], ["a"])
