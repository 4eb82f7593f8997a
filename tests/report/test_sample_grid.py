import io

import numpy as np
import pytest
import torch

from xaitool.errors import ConfigError, ShapeError
from xaitool.report.pixels import to_pixels
from xaitool.report.sample_grid import GAP, sample_grid


def images(count=10, channels=3, height=6, width=4):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, channels, height, width, generator=generator)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_image_is_in_its_place(channels):
    batch = images(channels=channels)
    paper = np.asarray(sample_grid(batch, columns=4, enlarge=1))
    assert paper.shape == (3 * (6 + GAP) + GAP, 4 * (4 + GAP) + GAP, 3)
    for index, pixels in enumerate(to_pixels(batch)):
        top, left = GAP + index // 4 * (6 + GAP), GAP + index % 4 * (4 + GAP)
        assert (paper[top : top + 6, left : left + 4] == pixels).all()


def test_what_is_left_of_the_last_row_is_white():
    paper = np.asarray(sample_grid(torch.zeros(3, 1, 6, 6), columns=2, enlarge=1))
    assert (paper[-(6 + GAP) :, 6 + 2 * GAP :] == 255).all()


def test_pixels_become_squares():
    batch = images(1)
    paper = np.asarray(sample_grid(batch, enlarge=5))
    assert (paper[GAP:-GAP:5, GAP:-GAP:5] == to_pixels(batch[0])).all()
    assert (paper[GAP + 4 : -GAP : 5, GAP + 4 : -GAP : 5] == to_pixels(batch[0])).all()


def test_by_default_it_is_nearly_square_and_readable():
    picture = sample_grid(torch.zeros(64, 1, 28, 28))
    assert picture.size == (8 * (56 + GAP) + GAP,) * 2


def test_few_images_make_one_short_row():
    assert sample_grid(torch.zeros(3, 1, 64, 64), columns=8).width == 3 * (64 + GAP) + GAP


def test_the_same_input_gives_the_same_bytes():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        sample_grid(images()).save(file, "png")
    assert files[0].getvalue() == files[1].getvalue()


def test_rounding_errors_are_clipped():
    paper = np.asarray(sample_grid(torch.full((1, 1, 4, 4), 1.00001), enlarge=1))
    assert (paper == 255).all()


@pytest.mark.parametrize("shape", [(3, 8, 8), (0, 3, 8, 8), (2, 4, 8, 8)])
def test_wrong_shapes_are_refused(shape):
    with pytest.raises(ShapeError):
        sample_grid(torch.zeros(shape))


def test_the_range_of_a_generator_is_refused():
    with pytest.raises(ShapeError, match=r"spans -1 to 1, but \[0, 1\] is wanted"):
        sample_grid(torch.linspace(-1, 1, 64).view(1, 1, 8, 8))


@pytest.mark.parametrize("options", [{"columns": 0}, {"enlarge": 0}])
def test_numbers_below_one_are_refused(options):
    with pytest.raises(ConfigError, match="at least 1"):
        sample_grid(images(), **options)
