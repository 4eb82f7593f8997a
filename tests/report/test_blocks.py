import numpy as np
import pytest
from PIL import Image

from xaitool.report.blocks import FRAME, beside, framed, on_paper, stacked, text_block
from xaitool.report.text import line_height


def block(width, height, grey=0):
    return Image.new("RGB", (width, height), (grey,) * 3)


def dark_columns(picture):
    return np.flatnonzero((np.asarray(picture) < 128).any(axis=(0, 2)))


def test_a_frame_is_one_pixel_around():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    paper = np.asarray(framed(pixels))
    assert paper.shape == (4, 6, 3)
    assert (paper[1:-1, 1:-1] == pixels).all()
    for edge in (paper[0], paper[-1], paper[:, 0], paper[:, -1]):
        assert (edge == FRAME).all()


@pytest.mark.parametrize(("place", "top"), [(0.0, 0), (0.5, 3), (1.0, 6)])
def test_blocks_stand_beside_each_other(place, top):
    paper = np.asarray(beside([block(5, 10), block(3, 4, 50)], 2, place=place))
    assert paper.shape == (10, 10, 3)
    assert (paper[:, :5] == 0).all()
    assert (paper[:, 5:7] == 255).all()
    assert (paper[top : top + 4, 7:] == 50).all()
    assert (paper[:, 7:] == 50).sum() == 4 * 3 * 3


def test_blocks_are_stacked_flush_left():
    paper = np.asarray(stacked([block(5, 10), block(3, 4, 50)], 2))
    assert paper.shape == (16, 5, 3)
    assert (paper[12:, :3] == 50).all()
    assert (paper[12:, 3:] == 255).all()


def test_what_has_no_size_takes_no_gap():
    assert stacked([block(5, 0), block(5, 3), block(5, 0)], 7).size == (5, 3)
    assert beside([block(0, 4), block(5, 3)], 7).size == (5, 3)


def test_paper_is_white_all_around():
    paper = np.asarray(on_paper(block(2, 3), 4))
    assert paper.shape == (11, 10, 3)
    assert (paper[4:7, 4:6] == 0).all()
    assert (paper != 255).sum() == 2 * 3 * 3


def test_text_stands_where_it_is_told():
    left, centre, right = (
        dark_columns(text_block(["iii"], 15, 200, place=one)) for one in (0.0, 0.5, 1.0)
    )
    assert left[0] < 5
    assert abs((centre[0] + centre[-1]) / 2 - 100) < 3
    assert right[-1] > 195


def test_text_takes_a_line_for_each_line():
    assert text_block(["a", "b " * 60], 15, 100).height > 3 * line_height(15)
    assert text_block([], 15, 100).size == (100, 0)


def test_equal_text_gives_equal_pixels():
    first, second = (text_block(["λ ≥ 2, Ирландский волкодав"], 15, 90) for _ in range(2))
    assert first.tobytes() == second.tobytes()
