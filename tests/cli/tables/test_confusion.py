"""A confusion matrix on a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from xaitool.cli.tables.confusion import confusion_lines, has_matrix
from xaitool.cli.tables.page import Page

CIFAR = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def confusion(names: list[str], each: int = 1000, source: str = "run") -> list[dict[str, Any]]:
    """Of every class half are right, and the other half are taken for the next one."""
    return [
        {
            "metric": "confusion",
            "source": source,
            "label": name,
            "n": each,
            "value": 0.5,
            "predicted": {name: each // 2, names[(number + 1) % len(names)]: each // 2},
        }
        for number, name in enumerate(names)
    ]


def test_rows_are_true_and_columns_predicted() -> None:
    rows = [
        {"source": "r", "label": "cat", "n": 3, "value": 1 / 3, "predicted": {"cat": 1, "dog": 2}},
        {"source": "r", "label": "dog", "n": 4, "value": 1.0, "predicted": {"dog": 4}},
    ]
    assert list(confusion_lines(rows, Page())) == [
        "confusion of r (rows: true class, columns: predicted)",
        "     cat dog   right  n",
        "cat    1   2  0.3333  3",
        "dog    ·   4       1  4",
    ]


def test_names_of_classes_are_shortened() -> None:
    _, heads, *rows = confusion_lines(confusion(CIFAR), Page(80))
    assert heads.split() == [*(name[:4] for name in CIFAR), "right", "n"]
    assert [row.split()[0] for row in rows] == CIFAR
    assert max(map(len, (heads, *rows))) <= 80
    wide = list(confusion_lines(confusion(CIFAR), Page(160)))
    assert wide[1].split()[:10] == CIFAR


def test_names_that_begin_alike_become_numbers() -> None:
    names = [f"kind {letter}" for letter in "abcdefghijkl"]
    short = list(confusion_lines(confusion(names), Page(80)))
    assert short[1].split()[:12] == list("abcdefghijkl")
    names = [f"{letter}-{'x' * 30}" for letter in ("aaaaaaa1", "aaaaaaa2", "aaaaaaa3")] * 4
    names = [f"{name}{number}" for number, name in enumerate(names)]
    _, heads, *rows = confusion_lines(confusion(names), Page(80))
    assert heads.split()[:12] == [str(number) for number in range(1, 13)]
    assert [row.split()[0] for row in rows] == heads.split()[:12]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("classes", [2, 10, 17, 40, 150])
def test_no_line_is_too_long(classes: int, width: int) -> None:
    names = [f"{'very-' * 12}long-{number}-{'name' * (number % 3)}" for number in range(classes)]
    page = Page(width)
    lines = list(confusion_lines(confusion(names, 12_000, "runs/" + "x" * 200), page))
    assert max(map(len, lines)) <= width
    assert has_matrix(confusion(names), page) or classes > {60: 2, 80: 10, 120: 17}[width]


def test_of_many_classes_the_most_confused_pairs() -> None:
    rows = confusion([f"class {number}" for number in range(100)])
    rows[40]["predicted"] = {"class 40": 300, "class 7": 700}
    title, heads, first, *others = confusion_lines(rows, Page())
    assert title.startswith("confusion of run, 100 classes: the 15 of 100 pairs")
    assert heads.split() == ["true", "predicted", "images", "of", "the", "class"]
    assert first.split() == ["class", "40", "class", "7", "700", "0.7"]
    assert len(others) == 14


def test_one_for_each_artifact() -> None:
    lines = list(confusion_lines([*confusion(CIFAR), *confusion(CIFAR, source="b")], Page()))
    assert [line.split()[2] for line in lines if line.startswith("confusion")] == ["run", "b"]
    assert lines.count("") == 1
