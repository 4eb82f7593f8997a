"""Panels of one size, whole pixels of the image and of its map."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from xaitool.errors import ShapeError
from xaitool.report.blocks import FRAME
from xaitool.report.colour import colour_diverging
from xaitool.report.map_cells import LARGEST_SIDE, MISSING, MapCells


def random_image(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def inside(panel: object) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(panel)[1:-1, 1:-1]


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(28, 28, (140, 140)), (8, 8, (128, 128)), (20, 64, (40, 128)), (448, 224, (224, 112))],
)
def test_images_are_enlarged_by_a_whole_factor_or_reduced(
    height: int, width: int, size: tuple[int, int]
) -> None:
    image = random_image(3, height, width)
    cells = MapCells(image, "signed")
    assert (cells.height, cells.width) == size
    assert max(size) <= LARGEST_SIDE
    assert inside(cells.image_panel(image)).shape == (*size, 3)


def test_every_pixel_is_a_square_in_a_frame() -> None:
    image = random_image(1, 8, 8)
    panel = np.asarray(MapCells(image, "signed").image_panel(image))
    expected = np.rint(image[0].numpy().astype(np.float64) * 255).astype(np.uint8)
    squares = inside(panel).reshape(8, 16, 8, 16, 3)
    assert (squares == expected[:, None, :, None, None]).all()
    assert (panel[0] == FRAME).all()
    assert (panel[:, -1] == FRAME).all()


def test_what_is_missing_is_grey_and_stays_in_its_place() -> None:
    image = random_image(1, 8, 8)
    cells = MapCells(image, "signed")
    first, missing, last = cells.render([image - 0.5, None, torch.zeros_like(image)])
    assert missing is None
    assert (inside(cells.map_panel(missing)) == MISSING).all()
    assert (inside(cells.image_panel(None)) == MISSING).all()
    assert (inside(cells.map_panel(last)) == 255).all()
    expected = colour_diverging((image - 0.5).double()[0].numpy())
    assert (inside(cells.map_panel(first))[::16, ::16] == expected).all()


def test_the_key_tells_of_every_kind_of_map_and_of_missing_ones() -> None:
    cells = MapCells(random_image(1, 8, 8), "signed")
    [signed] = cells.render([random_image(1, 8, 8) - 0.5])
    [unsigned] = cells.render([random_image(1, 8, 8)])
    one, both = cells.key([signed], 600), cells.key([signed, unsigned], 600)
    missing = cells.key([signed, None], 100)
    assert both.width >= one.width
    assert both.tobytes() != one.tobytes()
    assert missing.height > cells.key([signed], 100).height


@pytest.mark.parametrize("shape", [(8, 8), (1, 1, 8, 8), (1, 0, 8)])
def test_what_is_no_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"the image is .*, but \(C, H, W\) is wanted"):
        MapCells(torch.zeros(shape), "signed")


def test_other_shapes_and_pixels_are_refused() -> None:
    cells = MapCells(random_image(1, 8, 8), "signed")
    with pytest.raises(ShapeError):
        cells.image_panel(random_image(1, 8, 9))
    with pytest.raises(ShapeError):
        cells.image_panel(random_image(1, 8, 8) + 1)
    with pytest.raises(ShapeError):
        cells.render([random_image(3, 8, 8)])
