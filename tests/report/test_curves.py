import io
import subprocess
import sys
from typing import Any

import matplotlib
import numpy as np
import pytest
from PIL import Image

from tests.report.figures import pixels, texts
from xaitool.report.curves import curve_figure
from xaitool.report.figure import COLOURS


def curve_picture(series, **options):
    return pixels(curve_figure(series, **options))


LABELS: dict[str, Any] = {"title": "losses", "x_label": "epoch", "y_label": "loss"}


def drawn(picture, index=0):
    """Where a picture has the colour of a series."""
    colour = np.array(list(bytes.fromhex(COLOURS[index][1:])))
    return np.abs(np.asarray(picture).astype(int) - colour).max(axis=-1) < 30


def png(picture):
    file = io.BytesIO()
    picture.save(file, "png")
    return file.getvalue()


def test_every_series_is_drawn_in_its_colour():
    picture = curve_picture({"a": [1.0, 2.0, 3.0], "b": [3.0, 2.5, 1.0]}, **LABELS)
    assert picture.mode == "RGB"
    assert drawn(picture, 0).sum() > 500
    assert drawn(picture, 1).sum() > 500
    assert not drawn(picture, 2).any()


def test_a_rising_series_rises():
    rows, columns = np.nonzero(drawn(curve_picture({"a": [1.0, 2.0, 3.0]}, **LABELS)))
    assert np.corrcoef(rows, columns)[0, 1] < -0.99


@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf")])
def test_a_missing_value_is_a_gap(nothing):
    whole = drawn(curve_picture({"a": [1.0] * 9}, **LABELS)).any(axis=0)
    broken = drawn(curve_picture({"a": [1.0] * 4 + [nothing] + [1.0] * 4}, **LABELS)).any(axis=0)
    assert 0.2 < 1 - broken.sum() / whole.sum() < 0.3
    inside = np.flatnonzero(broken)
    assert np.diff(inside).max() > 0.2 * whole.sum()


def test_a_value_between_gaps_is_a_dot():
    picture = curve_picture({"fid": [None, None, 3.0, None, None]}, **LABELS)
    assert 20 < drawn(picture).sum() < 400


def test_a_logarithmic_axis_makes_a_power_straight():
    values: list[float | None] = [2.0**-step for step in range(12)]
    rows, columns = np.nonzero(drawn(curve_picture({"a": values}, log=True, **LABELS)))
    assert np.corrcoef(rows, columns)[0, 1] > 0.999


@pytest.mark.parametrize(
    ("values", "told"), [([1510.0, 1590.0], "1580"), ([1.0, 900.0], "100"), ([1.0, 1e9], "10^{8}")]
)
def test_a_logarithmic_axis_has_short_numbers_as_they_are(values, told):
    shown = [text.get_text() for text in texts(curve_figure({"a": values}, log=True, **LABELS))]
    assert any(text == told or f"{{{told}}}" in text for text in shown)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "series", [{}, {"a": []}, {"a": [None, None], "b": []}, {"a": [0.5]}, {"a": [0.0, -1.0]}]
)
def test_any_series_gives_a_picture_and_no_warning(series, log):
    assert curve_picture(series, log=log, **LABELS).size == (960, 600 + 30 * (len(series) > 1))


def test_more_series_than_colours_differ_by_their_lines():
    picture = curve_picture(
        {f"seed {seed}": [seed + 1.0, seed + 2.0] for seed in range(len(COLOURS) + 1)}, **LABELS
    )
    assert drawn(picture, 0).sum() > 500


def test_the_same_input_gives_the_same_bytes_whatever_the_user_prefers():
    series: dict[str, Any] = {
        "generator": [1.0, None, 0.5, 0.4],
        "discriminator": [0.2, 0.3, 0.35, 0.4],
    }
    first = png(curve_picture(series, **LABELS))
    with matplotlib.rc_context({"lines.linewidth": 9, "figure.facecolor": "red", "font.size": 20}):
        assert png(curve_picture(series, **LABELS)) == first
        assert matplotlib.rcParams["font.size"] == 20


def test_the_state_of_pyplot_is_left_alone():
    program = (
        "import sys; from xaitool.report.curves import curve_figure;"
        "curve_figure({'a': [1.0]}, title='', x_label='', y_label='');"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_a_band_is_shaded_between_its_edges():
    series = {"a": [5.0] * 9}
    plain = np.asarray(curve_picture(series, **LABELS)).astype(int)
    edges: Any = {"a": ([4.0] * 9, [6.0] * 9), "other": ([0.0], [9.0])}
    shaded = np.asarray(curve_picture(series, bands=edges, **LABELS)).astype(int)
    tint = 255 - (255 - np.array(list(bytes.fromhex(COLOURS[0][1:])))) * 0.2
    inside = np.abs(shaded - tint).max(axis=-1) < 4
    assert inside.sum() > 20_000
    assert not (np.abs(plain - tint).max(axis=-1) < 4).any()
    rows = np.flatnonzero(inside.any(axis=1))
    line = np.flatnonzero(drawn(Image.fromarray(shaded.astype(np.uint8))).sum(axis=1) > 300)
    assert rows.min() < line.min() < line.max() < rows.max()


def test_a_mark_stands_where_it_is_asked_for():
    series: dict[str, Any] = {"a": [1.0, 2.0, 3.0], "b": [3.0, 3.0, 3.0]}
    unmarked = drawn(curve_picture(series, **LABELS))
    marked = drawn(curve_picture(series, marks={"a": 3, "other": 1}, **LABELS))
    rows, columns = np.nonzero(marked & ~unmarked)
    assert 50 < len(rows) < 400
    top, right = (found.mean() for found in np.nonzero(unmarked))
    assert rows.mean() < top
    assert columns.mean() > right


def test_a_mark_or_band_in_a_gap_is_no_error():
    nothing: dict[str, Any] = {"a": [None, -1.0]}
    picture = curve_picture(
        nothing, log=True, marks={"a": 1}, bands={"a": ([None, -2.0], [None, 1.0])}, **LABELS
    )
    assert not drawn(picture).any()
