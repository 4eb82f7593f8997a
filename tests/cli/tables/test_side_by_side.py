"""Several artifacts as columns."""

from __future__ import annotations

from typing import Any

from xaitool.cli.tables.page import Page
from xaitool.cli.tables.side_by_side import side_by_side


def lines(*rows: dict[str, Any], keys: tuple[str, ...] = (), figures: tuple[str, ...] = ()) -> Any:
    return list(side_by_side(rows, keys, figures, "value", Page()))


ROWS: list[dict[str, Any]] = [
    {"value": 0.5, "source": "a", "attack": "fgsm", "clean": 0.9, "lost": 0.4, "steps": 1},
    {"value": 0.4, "source": "a", "attack": "pgd", "clean": 0.9, "lost": 0.5, "steps": 9},
    {"value": 0.7, "source": "b", "attack": "fgsm", "clean": 0.8, "lost": 0.1, "steps": 1},
    {"value": 0.6, "source": "b", "attack": "pgd", "clean": 0.8, "lost": 0.2, "steps": 9},
]


def test_where_a_figure_stands() -> None:
    assert lines(*ROWS, keys=("attack",), figures=("clean", "lost", "steps")) == [
        "attack  steps         a    b",
        "fgsm    1      value  0.5  0.7",
        "               lost   0.4  0.1",
        "pgd     9      value  0.4  0.6",
        "               lost   0.5  0.2",
        "clean                 0.9  0.8",
    ]


def test_without_a_key_every_figure_is_a_line() -> None:
    assert lines(ROWS[0], ROWS[2], figures=("clean", "lost")) == [
        "       a    b",
        "value  0.5  0.7",
        "clean  0.9  0.8",
        "lost   0.4  0.1",
    ]


def test_a_count_of_what_was_not_measured_is_not_taken_for_the_count() -> None:
    rows: list[dict[str, Any]] = [
        {"value": None, "n": 0, "source": "a", "label": "x"},
        {"value": 0.5, "n": 3, "source": "a", "label": "y"},
        {"value": 0.5, "n": 4, "source": "b", "label": "x"},
        {"value": 0.5, "n": 4, "source": "b", "label": "y"},
    ]
    assert lines(*rows, keys=("label",), figures=("n",))[-1].split() == ["n", "3", "4"]
