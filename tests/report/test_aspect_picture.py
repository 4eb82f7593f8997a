import io

import matplotlib
import numpy as np
import pytest

from tests.report.figures import pixels
from xaitool.report.aspect_bars import Bar
from xaitool.report.aspect_picture import ASIDE, Panel, aspect_figure
from xaitool.report.figure import NEGATIVE, POSITIVE


def aspect_picture(title, panels, **options):
    return pixels(aspect_figure(title, panels, **options))


def panel(title="user 1", rest=0.0, **values):
    bars = [Bar(name, value, f"{value:+.3f}") for name, value in values.items()]
    return Panel(title, [*bars, Bar("unexplained", rest, "", aside=True)] if rest else bars)


def drawn(picture, colour):
    wanted = np.array(list(bytes.fromhex(colour[1:])))
    return np.abs(np.asarray(picture).astype(int) - wanted).max(axis=-1) < 12


def extent(picture, colour):
    """First and last column of the bars; the smoothed edges of letters are grey too."""
    columns = np.nonzero(drawn(picture, colour).sum(axis=0) > 20)[0]
    return columns.min(), columns.max()


def png(picture):
    file = io.BytesIO()
    picture.save(file, "png")
    return file.getvalue()


def test_likes_point_right_dislikes_left_and_equally_far():
    picture = aspect_picture("film", [panel(Drama=0.5, Comedy=-0.5)], x_label="share")
    (zero, right), (left, also_zero) = (extent(picture, colour) for colour in (POSITIVE, NEGATIVE))
    assert abs(zero - also_zero) <= 3
    assert abs((right - zero) - (also_zero - left)) <= 3
    assert not (drawn(picture, ASIDE).sum(axis=0) > 20).any()


def test_what_is_unexplained_is_grey_and_to_the_same_scale():
    picture = aspect_picture("", [panel(Drama=0.2, rest=0.4)], x_label="added")
    own, rest = (np.ptp(extent(picture, colour)) for colour in (POSITIVE, ASIDE))
    assert rest / own == pytest.approx(2, rel=0.05)


def test_panels_have_one_scale():
    panels = [panel("user 1", Drama=0.1), panel("user 2", Drama=-0.3)]
    picture = aspect_picture("film", panels, x_label="share")
    small, large = (np.ptp(extent(picture, colour)) for colour in (POSITIVE, NEGATIVE))
    assert large / small == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9])
def test_panels_stand_in_rows_of_four(count):
    panels = [panel(f"user {number}", Drama=0.1, War=-0.1) for number in range(count)]
    width, height = aspect_picture("film", panels, x_label="share").size
    one_wide, one_high = aspect_picture("film", panels[:1], x_label="share").size
    assert width >= one_wide
    assert height > one_high if count > 4 else height == one_high


@pytest.mark.parametrize(
    "panels",
    [
        [panel("")],
        [panel("a $b$ _{", Drama=0.0)],
        [panel("one", Drama=0.1), panel("other\nlines", **{"War $x$": 1e-9, "Film-Noir": -3.0})],
    ],
)
def test_any_panel_gives_a_picture_and_no_warning(panels):
    assert aspect_picture("T$tle$ \\frac", panels, x_label="share").mode == "RGB"


def test_the_same_input_gives_the_same_bytes_whatever_the_user_prefers():
    panels = [panel("user 1", Drama=0.1, War=-0.3)]
    first = png(aspect_picture("film", panels, x_label="share"))
    with matplotlib.rc_context({"font.size": 22, "axes.facecolor": "red"}):
        assert png(aspect_picture("film", panels, x_label="share")) == first
