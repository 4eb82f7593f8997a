"""Files of aspects, in every way that people have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from xaitool.data.ratings.aspect_file import read_aspects
from xaitool.data.ratings.item_aspects import aspect_table
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
        ("1;b|a\n2;\n3;a\n", ("1", "2", "3")),
        ("1 b|a\n3 a\n", ("1", "2", "3")),
        ("item,a,b\n1,1,1\n2,0,0\n3,1,0\n", ("1", "2", "3")),
        (",b,title,movieId,a\n0,1,Good,1,1\n1,0,Bad,2,0\n2,0,,3,1\n", ("Good", "Bad", "3")),
        ("item;a;b\n1;True;1.0\n2;False;0\n3;TRUE;false\n", ("1", "2", "3")),
        ("item,kind\n1,b|a\n2,\n3,a\n", ("1", "2", "3")),
        ("movieId,what,kind\n1,Good,b|a\n2,Bad,\n3,,a\n", ("Good", "Bad", "3")),
        (
            "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
            "1\tGood, The\t1995\tb a\n2\tBad\t1996\t\n3\t\t\ta\n",
            ("Good, The", "Bad", "3"),
        ),
    ],
    ids=[
        *("csv", "tsv", "titles", "colons", "titles-last", "several-lines", "semicolons"),
        *("blanks", "flags", "flags-titles", "pandas-flags", "kind", "what-kind", "recbole"),
    ],
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
        ("", "aspects file '{}' is empty, but item,aspects lines are wanted"),
        ("1,1\n2,0\n", "aspects file '{}' has nothing but 0, 1 for aspects, but names are wanted"),
        ("1,1,0,0\n", "line 1 of '{}' has 4 fields, but item"),
        ("item,a,b\n1,1,0\n2,1,2\n", "line 3 of '{}' has '2' for b, but 0 or 1 is wanted"),
        ("item,a,a\n1,1,0\n", "line 1 of '{}' names an aspect twice"),
        ("item,movieId,a\n1,1,0\n", "line 1 of '{}' has the columns .* name the item twice"),
        ("item,genres,aspects\n1,1,0\n", "line 1 of '{}' .* name the aspects twice"),
        ("item,x,y,z\n1,1,0,u\n", "line 1 of '{}' .* none of which is called aspects, genres or"),
    ],
)
def test_malformed_lines(text: str, message: str, write: Write):
    path = write("aspects", text)
    with pytest.raises(DataError, match=message.format(path)):
        read_aspects(path, {"1", "2"})
