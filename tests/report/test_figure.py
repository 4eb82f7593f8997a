"""What all figures share: texts inside, names below, files that are equal."""

import pytest
from matplotlib.figure import Figure

from tests.report.figures import outside
from xaitool.report.figure import (
    COLOURS,
    dress,
    figure_bytes,
    figure_title,
    fitted,
    legend_below,
    name,
    new_figure,
    usual_style,
)

LONG = "a title that is far too long for one line of " + "some_folder/and-a-file " * 6


def made(title="", names=("a",)) -> Figure:
    with usual_style():
        figure = new_figure(6.4, 4)
        axes = figure.add_subplot()
        dress(axes, title, "epoch", "loss, mean over images", 5.4)
        figure_title(figure, title)
        lines = {
            name: axes.plot([-2, 1, 2], color=colour)[0]
            for name, colour in zip(names, COLOURS, strict=False)
        }
        legend_below(figure, lines)
        return figure


@pytest.mark.parametrize("names", [("a",), tuple(LONG + str(i) for i in range(5))])
@pytest.mark.parametrize("title", ["short", LONG, LONG.replace(" ", "_")])
def test_no_text_runs_off_the_edge(title, names):
    figure = made(title, names)
    assert outside(figure) == []
    assert figure.axes[0].get_position().height > 0.25


def test_a_text_outside_is_seen():
    figure = made("short")
    figure.text(0.9, 0.5, "much longer than there is room")
    assert outside(figure) == ["much longer than there is room"]


def test_names_stand_below_where_there_are_several():
    assert made().legends == []
    [legend] = made(names=("run $x$", "b")).legends
    assert [text.get_text() for text in legend.get_texts()] == [r"run \$x\$", "b"]


def test_names_are_shortened_in_the_middle():
    short = name("beginning" + "x" * 100 + "end")
    assert len(short) == 60
    assert short.startswith("beginning")
    assert short.endswith("xend")
    assert name("short") == "short"


def test_lines_are_no_wider_than_wanted():
    # DejaVu Sans has letters of .5 to .7 of its size: 20 to 30 fit into 3 inches at 14 points.
    lines = fitted("word " * 30, 14, 3).split("\n")
    assert all(15 < len(line) < 32 for line in lines[:-1])


@pytest.mark.parametrize(("file_format", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_equal_figures_are_equal_files(file_format, magic):
    first, second = (figure_bytes(made("a"), file_format) for _ in range(2))
    assert first == second
    assert first.startswith(magic)


def test_minus_signs_are_real():
    figure = made()
    figure.draw_without_rendering()
    ticks = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert any("−" in tick for tick in ticks)
    assert not any("-" in tick for tick in ticks)
