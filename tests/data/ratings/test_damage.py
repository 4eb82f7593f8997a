"""Damaged files of ratings and aspects: read, or one clear line, whatever the damage."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import pytest

from xaitool.data.ratings.aspect_file import read_aspects
from xaitool.data.ratings.load import load_ratings
from xaitool.data.ratings.rating_table import read_ratings
from xaitool.errors import DataError

RATINGS = (
    b"userId,movieId,rating,timestamp\n1,2,3.5,100\n2,3,4,2000\n3,2,1,7\n",
    b"user_id:token\titem_id:token\trating:float\n1\t2\t3\n2\t3\t4.5\n",
    b'"user";"item";"rating";"date"\n"1";"2";3;2004-01-31\n"2";"3";4;2004-01-31 12:00:00\n',
    b"1 2 3 100.5\n2 3 4 200\n",
    b"1::2::3::100\n2::3::4::200\n",
)
ASPECTS = (
    b"item,a,b\n1,1,0\n2,0,1\n3,1,1\n",
    b'movieId,title,genres\n1,"Good, The",a|b\n2,Bad,(no genres listed)\n',
    b"item_id:token\ttitle:token_seq\tclass:token_seq\n1\tGood\ta b\n2\tBad\t\n",
    b"1::Good, The::a|b\n2::Bad::b\n",
)
PIECES = (
    *(b"", b"\0", b"\xff", b'"', b"\n", b"\r", b",", b";", b"\t", b"::", b"|", b" ", b"-", b"e9"),
    *(b"nan", b"1e37", b"1_0", b"user", b"item", b"rating", b"\xef\xbb\xbf", b"9" * 400),
)


def damaged(draw: random.Random, content: bytes) -> bytes:
    """The same with some pieces of it replaced."""
    for _ in range(draw.randint(1, 3)):
        start = draw.randrange(len(content) + 1)
        content = content[:start] + draw.choice(PIECES) + content[start + draw.randint(0, 5) :]
    return content


def check_is_read_or_refused(path: Path, read: Callable[[Path], object]) -> None:
    with suppress(DataError):
        read(path)


def check(tmp_path: Path, count: int, contents: Iterable[bytes], read: Callable[[Path], object]):
    draw = random.Random(0)
    for content in contents:
        for packed in (False, True):
            path = tmp_path / ("damaged.csv.gz" if packed else "damaged.csv")
            for _ in range(count):
                whole = damaged(draw, content)
                path.write_bytes(damaged(draw, gzip.compress(whole)) if packed else whole)
                check_is_read_or_refused(path, read)


@pytest.mark.parametrize("count", [60, pytest.param(3000, marks=pytest.mark.slow)])
def test_ratings(count: int, tmp_path: Path):
    check(tmp_path, count, RATINGS, lambda path: read_ratings([path]))


@pytest.mark.parametrize("count", [60, pytest.param(3000, marks=pytest.mark.slow)])
def test_aspects(count: int, tmp_path: Path):
    check(tmp_path, count, ASPECTS, lambda path: read_aspects(path, {"1", "2", "3"}))


def test_both_together(tmp_path: Path):
    ratings = tmp_path / "ratings.csv"
    draw = random.Random(1)
    for _ in range(100):
        ratings.write_bytes(damaged(draw, RATINGS[0]))
        (tmp_path / "aspects.csv").write_bytes(damaged(draw, ASPECTS[0]))
        check_is_read_or_refused(ratings, lambda path: load_ratings(f"csv:{path}"))
