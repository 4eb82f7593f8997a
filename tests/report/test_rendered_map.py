import numpy as np
import pytest
import torch

from xaitool.errors import ShapeError, UnknownNameError
from xaitool.report.rendered_map import render_maps
from xaitool.report.renderings import RENDERINGS


def signed_map(shape=(3, 20, 30), seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def published(attribution):
    """What the authors' code for AGI's figures does, with its statements in its order."""
    values = np.mean(attribution.numpy(), axis=0)
    lower, upper = np.percentile(values, 80), np.percentile(values, 99)
    values[values < lower] = lower
    values[values > upper] = upper
    return (values - lower) / (upper - lower)


@pytest.mark.parametrize("channels", [1, 3])
def test_percentiles_are_those_of_the_authors_code(channels):
    attribution = signed_map((channels, 20, 30))
    [rendered] = render_maps([attribution], "percentile")
    np.testing.assert_allclose(rendered.levels, published(attribution), rtol=0, atol=1e-12)
    assert not rendered.diverging


def test_percentiles_of_a_negative_map_have_true_minus_signs():
    [rendered] = render_maps([-signed_map().abs() - 1], "percentile")
    top, bottom = rendered.labels
    assert top.startswith("≥ −1.")
    assert bottom.startswith("≤ −1.")


def test_reversed_maps_are_blue_where_they_are_positive():
    attribution = signed_map((1, 20, 30))
    [usual], [paper] = (render_maps([attribution], one) for one in ("signed", "reversed"))
    assert (paper.levels == usual.levels).all()
    assert paper.labels == usual.labels
    positive = attribution[0].numpy() > 0
    red, blue = (paper.colours[..., channel].astype(int) for channel in (0, 2))
    assert (blue >= red)[positive].all()
    assert (red >= blue)[~positive].all()
    # Where nothing is negative the colour still says the sign.
    [alone] = render_maps([attribution.abs()], "reversed")
    assert alone.diverging
    assert (alone.colours[..., 2] >= alone.colours[..., 0]).all()


@pytest.mark.parametrize("value", [0.0, 2.5, -2.5])
def test_percentiles_of_a_constant_map_are_white(value):
    [rendered] = render_maps([torch.full((3, 4, 5), value)], "percentile")
    assert (rendered.levels == 0).all()
    assert (rendered.colours == 255).all()
    assert rendered.labels[0] == ""


def test_percentiles_of_few_values_among_zeros_show_them():
    attribution = torch.zeros(1, 28, 28)
    attribution[0, 4, 5], attribution[0, 6, 7] = 2.0, 1.0
    [rendered] = render_maps([attribution], "percentile")
    assert rendered.levels[4, 5] == 1
    assert rendered.levels[6, 7] == 0.5
    assert np.count_nonzero(rendered.levels) == 2


def test_signed_levels_are_the_channel_sum_over_its_99th_percentile():
    attribution = signed_map()
    [rendered] = render_maps([attribution], "signed")
    values = attribution.numpy().sum(0)
    scale = np.percentile(np.abs(values), 99)
    np.testing.assert_allclose(rendered.levels, np.clip(values / scale, -1, 1), atol=1e-12)
    assert rendered.diverging
    assert rendered.labels == (f"≥ {scale:.3g}", "0", f"≤ −{scale:.3g}")


def test_absolute_levels_are_the_magnitude_of_the_signed_ones():
    attribution = signed_map()
    [signed], [absolute] = (render_maps([attribution], one) for one in ("signed", "absolute"))
    np.testing.assert_allclose(absolute.levels, np.abs(signed.levels), atol=1e-12)
    assert not absolute.diverging
    assert absolute.labels == signed.labels[:2]


def test_channels_that_cancel_are_white_in_an_absolute_map():
    attribution = torch.ones(2, 4, 4)
    attribution[1, :2] = -1
    [rendered] = render_maps([attribution], "absolute")
    assert (rendered.colours[:2] == 255).all()
    assert (rendered.levels[2:] == 1).all()


def test_maps_without_negative_values_are_sequential():
    [rendered] = render_maps([signed_map().abs()], "signed")
    assert not rendered.diverging
    assert rendered.labels[-1] == "0"


def test_one_negative_value_makes_all_maps_of_the_method_diverging():
    maps = [signed_map().abs(), signed_map(seed=1)]
    assert all(one.diverging for one in render_maps(maps, "signed"))


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_every_map_has_its_own_scale(rendering):
    first, second = signed_map(), signed_map(seed=1) * 1e6
    together = render_maps([first, second], rendering)
    for one, alone in zip(together, (first, second), strict=True):
        assert (one.levels == render_maps([alone], rendering)[0].levels).all()
        assert one.levels.max() == 1


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_no_numbers_are_refused(rendering, bad):
    attribution = signed_map()
    attribution[1, 2, 3] = bad
    with pytest.raises(ShapeError, match="NaN or infinite"):
        render_maps([attribution], rendering)


@pytest.mark.parametrize("shape", [(4, 4), (2, 3, 4, 4), (3, 0, 4), (0, 4, 4)])
@pytest.mark.parametrize("rendering", RENDERINGS)
def test_what_is_no_map_is_refused(shape, rendering):
    with pytest.raises(ShapeError):
        render_maps([torch.zeros(shape)], rendering)


def test_an_unknown_rendering_is_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'absolute'"):
        render_maps([signed_map()], "absolut")  # type: ignore[arg-type]
