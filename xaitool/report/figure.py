"""What all figures with axes share: paper and ink, colours, texts that stay inside, files."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import ceil
from typing import TYPE_CHECKING, Any

from xaitool.report.text import drawable, font, shortened, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008), without yellow and black: can be told apart with any colour vision.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
LINES = ("-", "--", ":", "-.")
# The same sign has the same colour in heat maps and bars.
POSITIVE, NEGATIVE = "#d6604d", "#4393c3"
INK = "#282828"
PALE = "#e0e0e0"
DOTS_PER_INCH = 200
POINTS_PER_INCH = 72

TITLE_SIZE, LABEL_SIZE, LEGEND_SIZE = 11, 10, 9
LONGEST_NAME, LONGEST_TEXT = 60, 160
LEGEND_LINE_INCHES = 0.2

# What would make equal figures unequal files.
_DATES: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


@contextmanager
def usual_style() -> Iterator[None]:
    """Matplotlib's own defaults, whatever the user's matplotlibrc says."""
    from matplotlib import rc_context, style

    with style.context("default"), rc_context({"svg.hashsalt": "xaitool"}):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches, that lays out its axes by itself; pyplot is left alone."""
    from matplotlib.figure import Figure

    return Figure((width, height), DOTS_PER_INCH, layout="constrained")


def figure_bytes(figure: Figure, file_format: str) -> bytes:
    """A figure as the contents of a file; equal figures give equal bytes.

    Args:
        figure: What is drawn.
        file_format: ``png``, ``pdf`` or ``svg``.
    """
    file = io.BytesIO()
    with usual_style():
        figure.savefig(file, format=file_format, metadata=_DATES.get(file_format))
    return file.getvalue()


def plain(text: str) -> str:
    """Without matplotlib taking dollar signs for the ends of a formula."""
    return drawable(text).replace("$", r"\$")


def fitted(text: str, size: float, inches: float) -> str:
    """A text broken into lines that are no wider than this; one without end loses its middle.

    Args:
        text: Paragraphs are kept.
        size: Of the letters, points.
        inches: The most that a line may take.
    """
    # Letters of `size` pixels have the widths, in pixels, that those of `size` points have in
    # points.
    lines = wrapped(shortened(text, LONGEST_TEXT).split("\n"), font(round(size)), _points(inches))
    return plain("\n".join(lines))


def name(text: str) -> str:
    """The name of a file, run or class in a legend or beside an axis: shortened in the middle."""
    return plain(shortened(text, LONGEST_NAME))


def dress(axes: Axes, title: str, x_label: str, y_label: str, width: float) -> None:
    """Title and labels, broken where needed, a pale grid, and no frame.

    Args:
        axes: What is dressed.
        title: Above; may be empty.
        x_label: Below the horizontal axis: a quantity, with its unit.
        y_label: Beside the vertical axis; so, too.
        width: Inches that there are for the title.
    """
    if title:
        axes.set_title(fitted(title, TITLE_SIZE, width), color=INK, fontsize=TITLE_SIZE)
    axes.set_xlabel(fitted(x_label, LABEL_SIZE, width), color=INK, fontsize=LABEL_SIZE)
    height = axes.figure.bbox.height / axes.figure.dpi
    axes.set_ylabel(fitted(y_label, LABEL_SIZE, 0.8 * height), color=INK, fontsize=LABEL_SIZE)
    axes.tick_params(colors=INK, which="both", labelsize=LEGEND_SIZE)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(INK)
    axes.grid(color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)


def figure_title(figure: Figure, title: str) -> None:
    """A title above all panels, broken where needed; none where it is empty."""
    if title:
        width, _ = figure.get_size_inches()
        text = fitted(title, TITLE_SIZE, width - 0.4)
        figure.suptitle(text, color=INK, fontsize=TITLE_SIZE)


def legend_below(figure: Figure, handles: Mapping[str, Any]) -> None:
    """Name lines or bars below all panels, for which the figure grows; one alone needs no name.

    Args:
        figure: What is drawn.
        handles: Name to the artist that stands for it.
    """
    if len(handles) < 2:
        return
    labels = [name(label) for label in handles]
    columns = _legend_columns(figure, labels)
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + LEGEND_LINE_INCHES * ceil(len(labels) / columns))
    figure.legend(
        list(handles.values()),
        labels,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        labelcolor=INK,
        fontsize=LEGEND_SIZE,
    )


def _legend_columns(figure: Figure, labels: Sequence[str]) -> int:
    # Beside a name stand its line and the gap to the next one, of which matplotlib makes 5 letters.
    longest = max(font(LEGEND_SIZE).getlength(label) for label in labels) + 5 * LEGEND_SIZE
    return max(1, min(len(labels), int(_points(figure.get_size_inches()[0] - 0.3) // longest)))


def _points(inches: float) -> int:
    return int(inches * POINTS_PER_INCH)
