"""The picture of samples in the plane."""

from __future__ import annotations

import io
from typing import Any

import matplotlib
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from tests.report.figures import pixels
from xaitool.errors import ShapeError
from xaitool.report import feature_scatter as module
from xaitool.report.feature_scatter import COLOURS, Points

CLASSES = tuple("abcdefghijkl")


def feature_scatter(*arguments: Any) -> Image.Image:
    return pixels(module.feature_scatter(*arguments))


def points(title: str, count: int = 30, classes: int = 3, seed: int = 0) -> Points:
    places = torch.randn(count, 2, generator=torch.Generator().manual_seed(seed))
    return Points(title, places, torch.arange(count) % classes)


def coloured(picture: Image.Image, index: int) -> NDArray[np.bool_]:
    colour = np.array(list(bytes.fromhex(COLOURS[index][1:])))
    found: NDArray[np.bool_] = np.abs(np.asarray(picture).astype(int) - colour).max(-1) < 20
    return found


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "png")
    return file.getvalue()


def test_every_class_has_its_colour() -> None:
    picture = feature_scatter(points("clean"), [points("fgsm", seed=1)], CLASSES, "features")
    assert picture.mode == "RGB"
    for index in range(9):  # the tenth is grey, as the edges of letters are
        assert (coloured(picture, index).sum() > 30) == (index < 3)


def test_a_panel_for_each_attack_in_rows_of_three() -> None:
    clean, moved = points("clean"), points("fgsm", seed=1)
    widths = [
        feature_scatter(clean, [moved] * count, CLASSES, "features").size for count in range(4)
    ]
    assert widths[0][0] < widths[1][0] < widths[2][0] == widths[3][0]
    assert widths[0][1] == widths[2][1] < widths[3][1]
    unused = feature_scatter(clean, [moved] * 3, CLASSES, "features").convert("L")
    bottom = int(0.94 * unused.height)  # where the axes are named
    corner = (unused.width // 2, 2 * unused.height // 3, unused.width, bottom)
    assert unused.crop(corner).getextrema() == (255, 255)


def test_attacked_samples_are_in_the_second_panel_only() -> None:
    only = Points("fgsm", torch.tensor([[0.0, 0.0]]), torch.tensor([5]))
    picture = feature_scatter(points("clean"), [only], CLASSES, "features")
    _, columns = np.nonzero(coloured(picture, 5))
    assert len(columns) > 10
    assert columns.min() > picture.width / 2


def test_equal_input_gives_equal_bytes_whatever_the_style() -> None:
    arguments = (points("clean"), [points("fgsm", seed=1)], CLASSES, "features")
    first = png(feature_scatter(*arguments))
    with matplotlib.rc_context({"axes.facecolor": "black"}):
        assert png(feature_scatter(*arguments)) == first


def test_more_classes_than_colours_odd_names_and_no_success() -> None:
    none = Points("$none$: 0 successes", torch.zeros(0, 2), torch.zeros(0).long())
    names = ["$x", "$\\frac{", *CLASSES[2:]]
    feature_scatter(points("clean", classes=12), [none], names, "a_$b$")


def test_what_does_not_fit_is_refused() -> None:
    empty = Points("clean", torch.zeros(0, 2), torch.zeros(0).long())
    with pytest.raises(ShapeError, match="0 clean samples"):
        feature_scatter(empty, [], CLASSES, "features")
    odd = Points("clean", torch.zeros(3, 2), torch.zeros(2).long())
    with pytest.raises(ShapeError, match=r"places are \(3, 2\) for 2 labels"):
        feature_scatter(odd, [], CLASSES, "features")


def test_names_that_are_bytes_but_no_text_are_drawn() -> None:
    odd = "d\udce9 $x$"
    assert feature_scatter(points(odd), [], (odd, *CLASSES), odd).size
