from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from xaitool.data.ratings.item_aspects import Item, aspect_table, read_aspects
from xaitool.errors import DataError

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("1,b|a\n2,\n3,a\n9,zzz\n", ("1", "2", "3")),
        ("item\taspects\n1\tb | a\n2\t\\N\n3\ta\n", ("1", "2", "3")),
        ('1,"Good, The",b|a\n2,Bad,(no genres listed)\n3,,a\n', ("Good, The", "Bad", "3")),
        ("1::Good, The::b|a\n2::Bad::\n3::::a\n", ("Good, The", "Bad", "3")),
        ('id,genres,title\n1,b|a,"Good, The"\n2,,Bad\n3,a,\n', ("Good, The", "Bad", "3")),
        ("1\tb\n1\ta\n3\ta\n", ("1", "2", "3")),
    ],
    ids=["csv", "tsv", "titles", "colons", "titles-last", "several-lines"],
)
def test_every_layout_reads_the_same(text: str, titles: tuple[str, ...], write: Write):
    ids = ("1", "2", "3")
    path = write("aspects", text)
    found, names, table = aspect_table(ids, read_aspects(path, ids), path)
    assert (found, names) == (titles, ("a", "b"))
    assert torch.equal(table, torch.tensor([[True, True], [False, False], [True, False]]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,a\n2\n", "line 2 of '{}' has 1 field, but 2, as in the first line, are wanted"),
        (
            "1,Good, The,a\n",
            r"line 1 of '{}' has 4 fields, but item\[, title\], aspects are wanted",
        ),
        ("1,x,a\n2,Good, The,a\n", "line 2 of '{}' has 4 fields, but 3, as in the first line"),
        ("1|a\n", "line 1 of '{}' has 1 field, but item"),
    ],
)
def test_malformed_lines(text: str, message: str, write: Write):
    path = write("aspects", text)
    with pytest.raises(DataError, match=message.format(path)):
        read_aspects(path, {"1", "2"})


def test_no_aspects_at_all_and_far_too_many():
    source = Path("aspects.csv")
    with pytest.raises(DataError, match=r"gives none of the 1 rated items an aspect, but aspects"):
        aspect_table(["1"], {}, source)
    items = {str(row): Item("", frozenset({f"text {row}"})) for row in range(1001)}
    with pytest.raises(DataError, match="has 1,001 different aspects, but at most 1,000 are"):
        aspect_table(list(items), items, source)
