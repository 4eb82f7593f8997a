import numpy as np
import pytest
import torch
from PIL import ImageChops

from xaitool.errors import ShapeError, UnknownNameError
from xaitool.report.attribution_grid import GridRow, attribution_grid
from xaitool.report.colour import colour_diverging, colour_sequential
from xaitool.report.map_cells import GAP, MARGIN, MISSING
from xaitool.report.pixels import enlarged, to_pixels
from xaitool.report.renderings import RENDERINGS
from xaitool.report.text import line_height


def image(shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def signed_map(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def cell(picture, row, column, height, width):
    """A cell of a grid without row labels and with headings of one line; column 0 is the input."""
    top = MARGIN + line_height(round(max(height, width) / 11)) + GAP + row * (height + 2 + GAP) + 1
    left = MARGIN + column * (width + 2 + GAP) + 1
    return np.asarray(picture)[top : top + height, left : left + width]


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 16, 32), (3, 64, 40)])
def test_every_image_and_map_is_in_its_place(shape):
    rows = [
        GridRow(image(shape, seed), [], [signed_map(shape, 10 * seed + one) for one in range(3)])
        for seed in range(2)
    ]
    picture = attribution_grid(rows, ["a", "b", "c"])
    factor = -(-128 // max(shape[1:]))
    height, width = shape[1] * factor, shape[2] * factor
    for index, row in enumerate(rows):
        shown = cell(picture, index, 0, height, width)
        assert (shown == enlarged(to_pixels(row.image), factor)).all()
        for column, values in enumerate(row.maps):
            assert values is not None
            expected = colour_diverging(values.double().sum(0).numpy())
            shown = cell(picture, index, column + 1, height, width)
            assert (shown == enlarged(expected, factor)).all()


def test_a_method_without_signs_is_sequential_beside_one_with():
    shape = (1, 28, 28)
    maps = [signed_map(shape).abs(), signed_map(shape, 1)]
    picture = attribution_grid([GridRow(image(shape), [], maps)], ["saliency", "agi"])
    without, with_signs = (one.double().sum(0).numpy() for one in maps)
    assert (cell(picture, 0, 1, 140, 140)[::5, ::5] == colour_sequential(without)).all()
    assert (cell(picture, 0, 2, 140, 140)[::5, ::5] == colour_diverging(with_signs)).all()


def test_the_maps_of_a_column_share_a_colour_map():
    shape = (1, 28, 28)
    maps = [signed_map(shape).abs(), signed_map(shape, 1)]
    picture = attribution_grid([GridRow(image(shape), [], [one]) for one in maps], ["agi"])
    expected = colour_diverging(maps[0].double().sum(0).numpy())
    assert (cell(picture, 0, 1, 140, 140)[::5, ::5] == expected).all()


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_a_map_does_not_depend_on_its_neighbours(rendering):
    shape = (3, 28, 28)
    first, second = signed_map(shape), signed_map(shape, 1) * 1e-9
    alone = attribution_grid([GridRow(image(shape), [], [first])], ["a"], rendering=rendering)
    row = GridRow(image(shape), [], [first, second])
    both = attribution_grid([row], ["a", "b"], rendering=rendering)
    assert (cell(alone, 0, 1, 140, 140) == cell(both, 0, 1, 140, 140)).all()
    assert (cell(both, 0, 2, 140, 140) < 200).any()


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_a_missing_map_is_grey_and_a_map_of_zeros_is_white(rendering):
    shape = (1, 28, 28)
    row = GridRow(image(shape), [], [None, torch.zeros(shape)])
    picture = attribution_grid([row], ["a", "b"], rendering=rendering)
    assert (cell(picture, 0, 1, 140, 140) == MISSING).all()
    assert (cell(picture, 0, 2, 140, 140) == 255).all()


def test_a_grid_of_missing_maps_is_still_a_picture():
    shape = (1, 28, 28)
    picture = attribution_grid([GridRow(image(shape), ["seven"], [None])] * 2, ["a"])
    assert picture.mode == "RGB"


def test_large_images_are_reduced():
    halves = image((3, 224, 150))
    large = halves.repeat_interleave(2, 1).repeat_interleave(2, 2)
    values = signed_map((3, 224, 150)).repeat_interleave(2, 1).repeat_interleave(2, 2)
    picture = attribution_grid([GridRow(large, [], [values])], ["a"])
    assert (cell(picture, 0, 0, 224, 150) == to_pixels(halves)).all()
    expected = colour_diverging(values[:, ::2, ::2].double().sum(0).numpy())
    assert (cell(picture, 0, 1, 224, 150) == expected).all()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 8, 8), (3, 224, 224), (3, 1, 9)])
@pytest.mark.parametrize(("count", "methods"), [(1, 1), (3, 2)])
def test_the_size_is_that_of_the_cells(shape, count, methods):
    rows = [GridRow(image(shape), [], [signed_map(shape)] * methods)] * count
    picture = attribution_grid(rows, ["a"] * methods)
    factor = max(1, -(-128 // max(shape[1:])))
    across = (methods + 1) * (shape[2] * factor + 2 + GAP) - GAP + 2 * MARGIN
    down = count * (shape[1] * factor + 2 + GAP) + 2 * MARGIN
    assert picture.width >= across
    assert picture.height > down


def test_labels_stand_left_of_their_rows():
    shape = (1, 28, 28)
    bare, labelled = (
        attribution_grid([GridRow(image(shape), label, [signed_map(shape)])] * 2, ["a"])
        for label in ([], ["goldfish against axolotl", "logit 12.3"])
    )
    assert labelled.width > bare.width
    assert labelled.height == bare.height
    added = labelled.width - bare.width
    strip = np.asarray(labelled)[: bare.height - 80, MARGIN : MARGIN + added]
    rows = np.flatnonzero((strip < 128).any(axis=(1, 2)))
    first, second = (rows[rows < 190], rows[rows >= 190])
    top = MARGIN + line_height(13) + GAP
    assert abs(first.mean() - (top + 71)) < 10
    assert abs(second.mean() - (top + 71 + 148)) < 10


def test_a_long_label_makes_its_row_higher_and_hides_nothing():
    shape = (1, 28, 28)
    label = ["West Highland white terrier against Irlandés волкодав"] * 6
    rows = [GridRow(image(shape), one, [signed_map(shape)]) for one in (label, ["b"])]
    picture = attribution_grid(rows, ["a"])
    assert picture.height > 12 * line_height(13) + 142


def test_headings_are_broken_where_they_say_so_and_where_they_must():
    shape = (1, 28, 28)
    heights = [
        attribution_grid([GridRow(image(shape), [], [signed_map(shape)])], [heading]).height
        for heading in ("", "agi", "agi\nzero", "expected-gradients target-class uniform")
    ]
    line = line_height(13)
    assert [one - heights[0] for one in heights] == [0, 0, line, line]


def test_a_caption_is_added_below():
    shape = (1, 28, 28)
    rows = [GridRow(image(shape), [], [signed_map(shape)])]
    bare, captioned = (attribution_grid(rows, ["a"], caption=one) for one in ([], ["seed 0"]))
    assert captioned.width == bare.width
    assert captioned.height == bare.height + 2 * GAP + line_height(13)
    above = captioned.crop((0, 0, bare.width, bare.height - MARGIN))
    assert ImageChops.difference(above, bare.crop((0, 0, *above.size))).getbbox() is None


def test_the_key_says_what_the_renderings_are():
    shape = (1, 28, 28)
    row = GridRow(image(shape), [], [signed_map(shape), signed_map(shape).abs()])
    pictures = [attribution_grid([row], ["a", "b"], rendering=one) for one in RENDERINGS]
    keys = {picture.crop((0, 190, picture.width, picture.height)).tobytes() for picture in pictures}
    assert len(keys) == len(RENDERINGS)
    missing = GridRow(row.image, [], [row.maps[0], None])
    with_grey = attribution_grid([missing], ["a", "b"], rendering="absolute")
    assert with_grey.crop((0, 190, *with_grey.size)).tobytes() not in keys


def test_a_large_grid_of_digits():
    shape = (1, 28, 28)
    rows = [
        GridRow(image(shape, seed), [f"seven against {seed}"], [signed_map(shape, seed)] * 12)
        for seed in range(20)
    ]
    picture = attribution_grid(rows, ["integrated-gradients\nnearest-target"] * 12)
    assert picture.width > 13 * 142
    assert picture.height > 20 * 142


def test_the_same_input_gives_the_same_bytes():
    shape = (3, 30, 20)
    rows = [GridRow(image(shape), ["犬 against 猫"], [signed_map(shape), None])]
    first, second = (attribution_grid(rows, ["a", "b"], caption=["c"]) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_rows_need_a_map_for_each_column():
    shape = (1, 28, 28)
    with pytest.raises(ShapeError, match="has 1 maps, but 2 are wanted"):
        attribution_grid([GridRow(image(shape), [], [signed_map(shape)])], ["a", "b"])


def test_a_grid_needs_rows():
    with pytest.raises(ShapeError, match="no rows"):
        attribution_grid([], ["a"])


@pytest.mark.parametrize("shape", [(28, 28), (1, 0, 28), (2, 28, 28)])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(ShapeError, match="is wanted"):
        attribution_grid([GridRow(torch.zeros(shape), [], [torch.zeros(shape)])], ["a"])


def test_shapes_that_differ_are_refused():
    first, second = image((1, 28, 28)), image((1, 28, 29))
    with pytest.raises(ShapeError, match="one and the same"):
        attribution_grid([GridRow(first, [], [signed_map((3, 28, 28))])], ["a"])
    rows = [GridRow(one, [], [torch.zeros_like(one)]) for one in (first, second)]
    with pytest.raises(ShapeError, match="one and the same"):
        attribution_grid(rows, ["a"])


@pytest.mark.parametrize("side", [28, 300])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_refused(side, bad):
    attribution = signed_map((1, side, side))
    attribution[0, 3, 4] = bad
    with pytest.raises(ShapeError, match="NaN or infinite"):
        attribution_grid([GridRow(image((1, side, side)), [], [attribution])], ["a"])


def test_pixels_outside_the_range_are_refused():
    with pytest.raises(ShapeError, match=r"but \[0, 1\] is wanted"):
        attribution_grid([GridRow(torch.full((1, 8, 8), 2.0), [], [])], [])


def test_an_unknown_rendering_is_refused():
    shape = (1, 28, 28)
    row = GridRow(image(shape), [], [signed_map(shape)])
    with pytest.raises(UnknownNameError, match="unknown rendering 'x'"):
        attribution_grid([row], ["a"], rendering="x")  # type: ignore[arg-type]


def test_pictures_stand_between_the_image_and_the_maps():
    shape = (1, 28, 28)
    row = GridRow(image(shape), [], [torch.zeros(shape)], [image(shape, 1), None])
    picture = attribution_grid([row], ["a"], pictures=["p", "q"])
    shown = cell(picture, 0, 1, 140, 140)
    assert (shown == enlarged(to_pixels(image(shape, 1)), 5)).all()
    assert (cell(picture, 0, 2, 140, 140) == MISSING).all()
    assert (cell(picture, 0, 3, 140, 140) == 255).all()


def test_pictures_alone_have_no_key():
    shape = (1, 28, 28)
    row = GridRow(image(shape), [], [], [image(shape, 1)])
    alone = attribution_grid([row], [], pictures=["p"])
    with_map = attribution_grid([GridRow(image(shape), [], [None])], ["a"])
    assert alone.width == with_map.width
    assert alone.height < with_map.height


def test_a_picture_for_every_heading():
    row = GridRow(image((1, 8, 8)), [], [], [])
    with pytest.raises(ShapeError, match="has 0 pictures, but 1 are wanted"):
        attribution_grid([row], [], pictures=["p"])
