"""GANMEX's table: baselines go down, methods across."""

from __future__ import annotations

from typing import Any

from xaitool.cli.tables.by_method import by_method
from xaitool.cli.tables.page import Page
from xaitool.cli.tables.results import result_lines


def rows(methods: str = "ab", baselines: str = "xyz", **facts: Any) -> list[dict[str, Any]]:
    return [
        {
            "metric": "gini",
            "value": 0.1 * number + 0.01 * place,
            "n": 5,
            "source": "run",
            "method": method,
            "baseline": baseline,
            **facts,
        }
        for number, method in enumerate(methods)
        for place, baseline in enumerate(baselines)
    ]


def test_a_column_a_method_and_a_row_a_baseline() -> None:
    lines = list(result_lines(rows(), Page(80)))
    assert lines[0] == "gini (n 5, artifact run)"
    assert [line.split() for line in lines[1:]] == [
        ["baseline", "a", "b"],
        ["x", "0", "0.1"],
        ["y", "0.01", "0.11"],
        ["z", "0.02", "0.12"],
    ]


def test_what_is_no_such_table_stays() -> None:
    for others in (rows("a"), rows(baselines="x"), rows(versus="z")):
        assert by_method(others) is others
    gap = rows()[:-1]
    assert by_method(gap) is gap
    two = [*rows(), *(row | {"source": "another"} for row in rows())]
    assert by_method(two) is two
    assert by_method([{"metric": "m", "value": 1.0, "n": 3, "source": "run"}])[0]["source"] == "run"


def test_rows_without_a_method_stay() -> None:
    varied: list[dict[str, Any]] = [
        {"metric": "m", "value": 0.5, "n": 2, "source": "a", "method": method, "baseline": baseline}
        for method, baseline in (("saliency", None), ("agi", "blur"))
    ]
    mixed = [*varied, {"metric": "other", "value": 0.5, "n": 2, "source": "a"}]
    assert by_method(mixed) is mixed
