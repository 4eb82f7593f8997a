"""Names shortened to what differs."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from xaitool.cli.tables.names import clipped, differing, shortened


@pytest.mark.parametrize(
    ("paths", "short"),
    [
        (["runs/a/best.pt", "runs/b/best.pt"], ["a", "b"]),
        (["/x/runs/a", "/x/runs/b/last.pt"], ["a", "b/last.pt"]),
        (["runs/a.h5", "runs/b.h5"], ["a.h5", "b.h5"]),
        (["a/x/c", "a/c"], ["x/c", "c"]),
        (["runs/a"], ["runs/a"]),
        (["same", "same"], ["same", "same"]),
        (["/a", "a"], ["/a", "a"]),
    ],
)
def test_paths_lose_what_all_have(paths: list[str], short: list[str]) -> None:
    assert differing(paths) == short


def test_names_that_fit_stay() -> None:
    assert shortened(["colour red", "colour green"], 12) == ["colour red", "colour green"]


def test_names_lose_the_words_that_all_have_first() -> None:
    assert shortened(["colour red", "colour green"], 8) == ["red", "green"]


@pytest.mark.parametrize("width", [8, 12, 20])
def test_different_names_stay_different(width: int) -> None:
    names = [f"{'a' * 30}{number % 7}{'b' * 30}" for number in range(120)]
    short = shortened(names, width)
    assert max(map(len, short)) <= width
    assert len(set(zip(names, short, strict=True))) == len(set(short)) == 7


def test_wide_letters_count_twice() -> None:
    assert cell_len(clipped("大きな画像分類器の名前", 9)) <= 9
    assert clipped("abcdefghijkl", 9) == "abc...jkl"
    assert clipped("abcdefghijkl", 4) == "abcd"
