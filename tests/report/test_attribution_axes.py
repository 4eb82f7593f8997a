"""Images beside their heat maps on matplotlib's axes: the objects are looked at, not pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from xaitool.errors import ShapeError, UnknownNameError
from xaitool.report.attribution_axes import Pair, draw_attributions, figure_size
from xaitool.report.rendered_map import render_maps
from xaitool.report.renderings import RENDERINGS, Rendering

RANDOM = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 3, 6, 4, generator=RANDOM)
VALUES = torch.randn(3, 3, 6, 4, generator=RANDOM)


def pairs(count: int = 3) -> list[Pair]:
    return [Pair(IMAGES[n], VALUES[n], f"cat {n}", f"class {n}") for n in range(count)]


def drawn(*given: Pair, rendering: Rendering = "signed"):
    figure = Figure(layout="constrained")
    axes = draw_attributions(
        figure, given or pairs(), title="deeplift", quantity="logit", rendering=rendering
    )
    return figure, axes


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_image_is_beside_its_map(count: int) -> None:
    figure, axes = drawn(*pairs(count))
    assert axes.shape == (count, 2)
    assert len(figure.axes) == 3 * count  # image, map and colour bar, nothing empty
    for number, (left, right) in enumerate(axes):
        assert (left.get_title(), right.get_title()) == (f"cat {number}", f"class {number}")
        shown = np.asarray(left.images[0].get_array()) / 255
        assert np.abs(shown - IMAGES[number].permute(1, 2, 0).numpy()).max() < 1 / 255
        assert left.get_position().x1 <= right.get_position().x0
    assert figure.get_suptitle() == "deeplift"


def test_a_map_is_red_where_its_sum_speaks_for_the_class_and_blue_where_against() -> None:
    _, axes = drawn(*pairs(1))
    picture = axes[0, 1].images[0]
    red, _, blue, _ = np.moveaxis(picture.cmap(picture.norm(picture.get_array())), -1, 0)
    sums = VALUES[0].sum(0).numpy()
    strong = np.abs(sums) > 0.5
    assert ((red > blue) == (sums > 0))[strong].all()


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_the_colour_bar_tells_the_quantity_and_its_ends(rendering: Rendering) -> None:
    figure, axes = drawn(*pairs(1), rendering=rendering)
    [rendered] = render_maps([VALUES[0]], rendering)
    [bar] = [one for one in figure.axes if one not in list(axes.flat)]
    assert bar.get_ylabel().endswith("(logit)")
    labels = [one.get_text() for one in bar.get_yticklabels()]
    ticks = sorted(zip(bar.get_yticks(), labels, strict=True))
    assert [text for _, text in ticks] == list(rendered.labels)[::-1]
    assert np.array_equal(axes[0, 1].images[0].get_array(), rendered.levels)


def test_figures_grow_with_their_images() -> None:
    wide, tall = figure_size(torch.zeros(1, 1, 4, 8)), figure_size(torch.zeros(1, 1, 8, 4))
    assert wide[0] == tall[0]
    assert wide[1] < tall[1]
    two, four = figure_size(torch.zeros(2, 1, 4, 4)), figure_size(torch.zeros(4, 1, 4, 4))
    assert two[0] == four[0] == 2 * wide[0]
    assert two[1] < four[1]


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ShapeError, match="there are no images"):
        draw_attributions(Figure(), [], title="", quantity="logit")
    with pytest.raises(ShapeError, match="but one and the same"):
        drawn(Pair(IMAGES[0], VALUES[0, :, 1:], "", ""))
    with pytest.raises(ShapeError, match="1 or 3 channels"):
        drawn(Pair(IMAGES[0, :2], VALUES[0, :2], "", ""))
    with pytest.raises(ShapeError, match="NaN or infinite"):
        drawn(Pair(IMAGES[0], VALUES[0] * torch.nan, "", ""))
    with pytest.raises(UnknownNameError, match="rendering"):
        drawn(rendering="sigend")  # type: ignore[arg-type]
