"""Small data that the tests of this folder share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.data.ratings.rating_data import RatingData


@pytest.fixture
def real_ratings() -> Path:
    root = Path(os.environ.get("XAITOOL_DATA", ""))
    if "XAITOOL_DATA" not in os.environ or not (root / "ml-100k" / "u.data").is_file():
        pytest.skip("XAITOOL_DATA has no ml-100k")
    return root


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of text, or of text in another encoding, into the test's folder."""

    def write(name: str, text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))
        return path

    return write


def small_data(
    users: Sequence[int],
    items: Sequence[int],
    times: Sequence[int] | None = None,
    titles: Sequence[str] | None = None,
) -> RatingData:
    """Ratings 3.0; users u0, u1, ..., items i0, i1, ..., one aspect."""
    user_count, item_count = max(users) + 1, max(items) + 1
    return RatingData(
        name="small",
        ratings=Ratings(
            torch.tensor(users),
            torch.tensor(items),
            torch.full((len(users),), 3.0),
            user_count,
            item_count,
        ),
        times=None if times is None else torch.tensor(times),
        user_ids=tuple(f"u{index}" for index in range(user_count)),
        item_ids=tuple(f"i{index}" for index in range(item_count)),
        titles=tuple(titles or (f"i{index}" for index in range(item_count))),
        aspect_names=("a",),
        aspects=torch.ones(item_count, 1, dtype=torch.bool),
        scale=(1.0, 5.0),
    )
