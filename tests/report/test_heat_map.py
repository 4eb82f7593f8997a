import io

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from xaitool.errors import ShapeError
from xaitool.report.colour import colour_diverging, colour_sequential
from xaitool.report.heat_map import GAP, MARGIN, PANEL_SIDE, TEXT_SIZE, heat_map_picture
from xaitool.report.pixels import enlarged, to_pixels
from xaitool.report.renderings import RENDERINGS
from xaitool.report.text import line_height

LINE_HEIGHT = line_height(TEXT_SIZE)


def digit():
    return torch.from_numpy(load_digits().images[7]).float()[None] / 16


def signed_map(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def panel(picture, index, height, width):
    left, top = MARGIN + 1 + index * (width + 2 + GAP), MARGIN + LINE_HEIGHT + 1
    return np.asarray(picture)[top : top + height, left : left + width]


def png(picture):
    file = io.BytesIO()
    picture.save(file, "png")
    return file.getvalue()


def test_panels_are_the_image_and_the_map():
    image, attribution = digit(), signed_map((1, 8, 8))
    picture = heat_map_picture(image, attribution)
    side = PANEL_SIDE
    assert (panel(picture, 0, side, side) == enlarged(to_pixels(image), side // 8)).all()
    colours = colour_diverging(attribution.double().sum(0).numpy())
    assert (panel(picture, 1, side, side) == enlarged(colours, side // 8)).all()


def test_channels_are_summed_with_their_signs():
    image = torch.rand(3, 40, 40, generator=torch.Generator().manual_seed(0))
    attribution = signed_map((1, 40, 40)) * torch.tensor([1.0, 1.0, -2.0])[:, None, None]
    attribution[0] += 0.5
    picture = heat_map_picture(image, attribution)
    expected = colour_sequential(attribution.double().sum(0).numpy().clip(0), 0.5)
    assert np.abs(panel(picture, 1, 320, 320) - enlarged(expected, 8).astype(int)).max() <= 1


def test_a_map_without_negative_values_is_sequential():
    attribution = signed_map((1, 8, 8)).abs()
    picture = heat_map_picture(digit(), attribution)
    colours = colour_sequential(attribution.double().sum(0).numpy())
    assert (panel(picture, 1, 320, 320) == enlarged(colours, 40)).all()


def test_the_overlay_shows_the_image_where_the_map_is_zero_and_the_map_where_it_is_full():
    image, attribution = digit(), torch.zeros(1, 8, 8)
    attribution[0, 2, 3] = -1.0
    overlay = panel(heat_map_picture(image, attribution), 2, 320, 320)[20::40, 20::40]
    grey = np.rint(127.5 + to_pixels(image) / 2.0)
    away = np.ones((8, 8), bool)
    away[2, 3] = False
    assert np.abs(overlay[away] - grey[away]).max() <= 1
    assert (overlay[2, 3] == colour_diverging(np.array([[-1.0]]))[0, 0]).all()


def test_a_map_of_zeros_is_white():
    picture = heat_map_picture(digit(), torch.zeros(1, 8, 8))
    assert (panel(picture, 1, 320, 320) == 255).all()


def test_large_images_keep_their_size():
    image = torch.rand(3, 330, 340, generator=torch.Generator().manual_seed(0))
    picture = heat_map_picture(image, signed_map((3, 330, 340)))
    assert (panel(picture, 0, 330, 340) == to_pixels(image)).all()


def test_a_caption_is_added_below_and_long_ones_are_broken():
    image, attribution = digit(), signed_map((1, 8, 8))
    bare, short, long = (
        heat_map_picture(image, attribution, caption=caption)
        for caption in ([], ["target 7"], ["target 7 against 1 " * 20])
    )
    assert bare.width == short.width == long.width
    assert short.height == bare.height + GAP + LINE_HEIGHT
    assert long.height > short.height + LINE_HEIGHT
    assert (np.asarray(short)[-MARGIN - LINE_HEIGHT : -MARGIN] < 128).any()


def test_the_same_input_gives_the_same_bytes():
    image, attribution = digit(), signed_map((1, 8, 8))
    first, second = (
        png(heat_map_picture(image, attribution, caption=["seed 0"])) for _ in range(2)
    )
    assert first == second


def test_inputs_may_carry_gradients_and_other_types():
    image, attribution = digit(), signed_map((1, 8, 8))
    assert png(heat_map_picture(image.double(), attribution.requires_grad_())) == png(
        heat_map_picture(image, attribution.detach())
    )


def test_a_baseline_stands_beside_the_input():
    image, baseline, attribution = digit(), digit().flip(1), signed_map((1, 8, 8))
    with_baseline = heat_map_picture(image, attribution, baseline=baseline)
    without = heat_map_picture(image, attribution)
    assert with_baseline.height == without.height
    assert with_baseline.width == without.width + 320 + 2 + GAP
    assert (panel(with_baseline, 0, 320, 320) == enlarged(to_pixels(image), 40)).all()
    assert (panel(with_baseline, 1, 320, 320) == enlarged(to_pixels(baseline), 40)).all()
    for place in (1, 2):
        shown, before = (
            panel(with_baseline, place + 1, 320, 320),
            panel(without, place, 320, 320),
        )
        assert (shown == before).all()


def test_an_absolute_map_shows_magnitudes():
    attribution = signed_map((1, 8, 8))
    picture = heat_map_picture(digit(), attribution, rendering="absolute")
    colours = colour_sequential(attribution.double().abs().sum(0).numpy())
    assert (panel(picture, 1, 320, 320) == enlarged(colours, 40)).all()


def test_a_percentile_map_is_white_below_the_80th_and_full_above_the_99th():
    attribution = torch.arange(400.0).view(1, 20, 20) - 200
    picture = heat_map_picture(torch.zeros(1, 20, 20), attribution, rendering="percentile")
    shown = panel(picture, 1, 320, 320)[8::16, 8::16].reshape(400, 3)
    full = colour_sequential(np.ones((1, 1)))[0, 0]
    assert (shown[:320] == 255).all()
    assert (shown[396:] == full).all()
    assert (shown[330:395] != full).any(axis=1).all()
    assert (shown[330:395] != 255).any(axis=1).all()


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize("shape", [(1, 20, 50), (3, 40, 12), (3, 400, 30)])
def test_images_need_not_be_square(rendering, shape):
    image = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    picture = heat_map_picture(image, signed_map(shape), rendering=rendering, caption=["a " * 99])
    factor = max(1, -(-320 // max(shape[1:])))
    expected = enlarged(to_pixels(image), factor)
    height, width = shape[1] * factor, shape[2] * factor
    # Narrow panels break their headings, so the top is where the first frame begins.
    paper = np.asarray(picture)
    top = int(np.flatnonzero((paper[:, MARGIN] == 170).all(-1))[0]) + 1
    assert (paper[top : top + height, MARGIN + 1 : MARGIN + 1 + width] == expected).all()


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_a_map_of_zeros_is_white_in_every_rendering(rendering):
    picture = heat_map_picture(digit(), torch.zeros(1, 8, 8), rendering=rendering)
    assert (panel(picture, 1, 320, 320) == 255).all()


def test_a_baseline_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match="image and baseline are"):
        heat_map_picture(digit(), signed_map((1, 8, 8)), baseline=torch.zeros(3, 8, 8))


def test_a_baseline_outside_the_range_is_refused():
    with pytest.raises(ShapeError, match=r"but \[0, 1\] is wanted"):
        heat_map_picture(digit(), signed_map((1, 8, 8)), baseline=torch.full((1, 8, 8), 2.0))


def test_shapes_that_differ_are_refused():
    with pytest.raises(ShapeError, match="one and the same"):
        heat_map_picture(torch.zeros(3, 8, 8), torch.zeros(1, 8, 8))
    with pytest.raises(ShapeError, match="one and the same"):
        heat_map_picture(torch.zeros(8, 8), torch.zeros(8, 8))


def test_two_channels_are_refused():
    with pytest.raises(ShapeError, match="1 or 3 channels"):
        heat_map_picture(torch.zeros(2, 8, 8), torch.zeros(2, 8, 8))


@pytest.mark.parametrize("pixel", [-0.5, 1.5, float("nan")])
def test_pixels_outside_the_range_are_refused(pixel):
    with pytest.raises(ShapeError, match=r"but \[0, 1\] is wanted"):
        heat_map_picture(torch.full((1, 8, 8), pixel), torch.zeros(1, 8, 8))


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_an_attribution_that_is_no_number_is_refused(rendering, bad):
    with pytest.raises(ShapeError, match="NaN or infinite"):
        heat_map_picture(digit(), torch.full((1, 8, 8), bad), rendering=rendering)
