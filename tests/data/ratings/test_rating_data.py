from __future__ import annotations

import dataclasses

import pytest
import torch

from tests.data.ratings.conftest import small_data
from xaitool.errors import ShapeError

FILMS = ("Matrix, The (1999)", "Toy Story (1995)", "Toy Story 2 (1999)", "TOY STORY (1995)")


def data():
    return small_data([0, 1, 1, 0], [0, 1, 2, 3], titles=FILMS)


def test_digest_is_of_the_content_and_its_order():
    whole = data()
    assert whole.digest == dataclasses.replace(whole, name="other", notes=("note",)).digest
    rows = torch.tensor([1, 0, 2, 3])
    other = [
        dataclasses.replace(whole, ratings=whole.ratings.select(rows)),
        dataclasses.replace(whole, titles=("x", *FILMS[1:])),
        dataclasses.replace(whole, aspects=~whole.aspects),
        dataclasses.replace(whole, times=torch.arange(4)),
        dataclasses.replace(whole, scale=(0.0, 5.0)),
    ]
    assert len({whole.digest, *(one.digest for one in other)}) == 6
    assert len(whole.digest) == 64


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("titles", ("one",)),
        ("user_ids", ()),
        ("aspects", torch.ones(4, 2, dtype=torch.bool)),
        ("times", torch.arange(3)),
        ("planted", torch.zeros(4, 1)),
    ],
)
def test_parts_that_do_not_fit(part: str, value: object):
    with pytest.raises(ShapeError, match=f"{part} have shape"):
        dataclasses.replace(data(), **{part: value})
