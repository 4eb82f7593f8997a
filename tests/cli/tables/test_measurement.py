"""The table of one metric, or of several."""

from __future__ import annotations

from typing import Any

from xaitool.cli.tables.measurement import Measurement
from xaitool.cli.tables.page import Page

Row = dict[str, Any]


def lines(*rows: Row, width: int = 80) -> list[str]:
    return list(Measurement([{"metric": "m", **row} for row in rows], Page(width)).lines())


def test_one_artifact_has_a_column_a_figure() -> None:
    row = {"value": 0.5, "n": 10, "source": "a", "low": 0.4, "high": 0.6, "ece": 0.25, "kind": "x"}
    title, heads, cells = lines(row)
    assert title == "m of a (kind x)"
    assert heads.split() == ["m", "n", "ece"]
    assert cells.split("  ")[0] == "0.5 [0.40, 0.60]"


def test_what_is_the_same_everywhere_stands_above() -> None:
    rows = [{"value": size / 10, "n": 7, "source": "a", "epsilon": size} for size in (1, 2)]
    assert lines(*rows) == ["m of a (n 7)", "epsilon  value", "1        0.1", "2        0.2"]


def test_several_artifacts_are_columns() -> None:
    rows: list[Row] = [
        {"value": 0.5, "n": 7, "source": "a", "attack": "fgsm", "clean": 0.9, "lost": 0.4},
        {"value": 0.4, "n": 7, "source": "a", "attack": "pgd", "clean": 0.9, "lost": 0.5},
        {"value": 0.7, "n": 7, "source": "b", "attack": "fgsm", "clean": 0.8, "lost": 0.1},
        {"value": 0.6, "n": 7, "source": "b", "attack": "pgd", "clean": 0.8, "lost": 0.2},
    ]
    assert lines(*rows) == [
        "m (n 7)",
        "attack         a    b",
        "fgsm    value  0.5  0.7",
        "        lost   0.4  0.1",
        "pgd     value  0.4  0.6",
        "        lost   0.5  0.2",
        "clean          0.9  0.8",
    ]
    assert lines(rows[0], rows[2]) == [
        "m (n 7, attack fgsm)",
        "       a    b",
        "m      0.5  0.7",
        "clean  0.9  0.8",
        "lost   0.4  0.1",
    ]


def test_what_depends_on_the_key_alone_stands_beside_it() -> None:
    rows = [
        {"value": 1, "n": 1, "source": source, "quantity": quantity, "level": level}
        for quantity, level in (("first", 0.5), ("second", None))
        for source in "ab"
    ]
    assert lines(*rows) == [
        "m",
        "quantity  level  a  b",
        "first     0.5    1  1",
        "second           1  1",
    ]


def test_an_artifact_without_a_key_leaves_its_cell_empty() -> None:
    rows = [
        {"value": 0.5, "n": 3, "source": "a", "label": "x"},
        {"value": 0.6, "n": 3, "source": "b", "label": "y"},
    ]
    assert lines(*rows)[1:] == ["label  a    b", "x      0.5", "y           0.6"]


def test_two_rows_of_a_key_are_both_shown() -> None:
    rows = [{"value": value, "n": 3, "source": "a", "label": "x"} for value in (0.5, 0.6)]
    assert [line.strip() for line in lines(*rows)[2:]] == ["0.5", "0.6"]
    both = lines(*rows, *({**row, "source": "b"} for row in rows))
    assert [line.split()[-2:] for line in both[2:]] == [["0.5", "0.5"], ["0.6", "0.6"]]


def test_a_figure_that_is_the_value_names_it() -> None:
    rows = [
        {"value": value, "n": 3, "source": "a", "layer": str(value), "spearman": value}
        for value in (0.5, 0.6)
    ]
    assert lines(*rows)[1].split() == ["layer", "spearman"]


def test_metrics_of_one_figure_share_a_table() -> None:
    def rows(sources: str) -> list[Row]:
        return [
            {"metric": metric, "value": 0.5, "n": 3, "source": source}
            for metric in ("fid", "kid")
            for source in sources
        ]

    assert lines(*rows("a"))[0] == "metrics of a (n 3)"
    assert lines(*rows("abc"))[0] == "metrics of 3 artifacts (n 3)"
    assert lines(*rows("ab")) == [
        "metrics of a and b (n 3)",
        "metric  a    b",
        "fid     0.5  0.5",
        "kid     0.5  0.5",
    ]
