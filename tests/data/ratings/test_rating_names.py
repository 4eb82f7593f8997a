"""Which user, item or aspect a name means, and what is suggested where there is none."""

from __future__ import annotations

import re

import pytest

from tests.data.ratings.conftest import small_data
from tests.data.ratings.test_rating_data import FILMS, data
from xaitool.errors import ConfigError, UnknownNameError
from xaitool.near_names import near_names


def test_users_by_id():
    assert data().user_index("u1") == 1
    with pytest.raises(UnknownNameError, match="unknown user 'u10'; did you mean 'u1'") as caught:
        data().user_index("u10")
    assert "2 users in all" in str(caught.value.hint)


def test_items_by_id_before_title():
    assert [data().item_index(name) for name in ("i2", "toy story 2 (1999)")] == [2, 2]
    named_like_an_id = small_data([0, 0], [0, 1], titles=("i1", "i0"))
    assert named_like_an_id.item_index("i1") == 1


def test_an_ambiguous_title_lists_the_ids():
    message = r"title 'Toy Story \(1995\)' is that of items i1, i3, but one item is wanted"
    with pytest.raises(ConfigError, match=message):
        data().item_index("Toy Story (1995)")


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("The Matrix", "Matrix, The (1999)"),
        ("the matrix (1999)", "Matrix, The (1999)"),
        ("toy stori 2", "Toy Story 2 (1999)"),
        ("story 2", "Toy Story 2 (1999)"),
    ],
)
def test_close_titles_are_suggested(asked: str, nearest: str):
    with pytest.raises(UnknownNameError, match=re.escape(f"unknown item '{asked}'")):
        data().item_index(asked)
    assert near_names(asked, FILMS)[0] == nearest


def test_nothing_like_it():
    with pytest.raises(UnknownNameError, match=r"unknown item 'qqqq'\n") as caught:
        data().item_index("qqqq")
    assert caught.value.hint == "there are: ids such as i0, i3; 4 items in all"
    with pytest.raises(UnknownNameError, match="unknown item ''"):
        data().item_index("")
