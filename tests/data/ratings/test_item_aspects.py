from __future__ import annotations

from pathlib import Path

import pytest

from xaitool.data.ratings.item_aspects import Item, aspect_table
from xaitool.errors import DataError


def test_no_aspects_at_all_and_far_too_many():
    source = Path("aspects.csv")
    with pytest.raises(DataError, match=r"gives none of the 1 rated items an aspect, but aspects"):
        aspect_table(["1"], {}, source)
    items = {str(row): Item("", frozenset({f"text {row}"})) for row in range(1001)}
    with pytest.raises(DataError, match="has 1,001 different aspects, but at most 1,000 are"):
        aspect_table(list(items), items, source)
