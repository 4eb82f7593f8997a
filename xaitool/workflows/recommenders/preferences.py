"""``recommend preferences``: which aspects users like and dislike in general."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import torch

from xaitool.core.recommenders.aspects.explainer import AspectExplainer
from xaitool.core.recommenders.aspects.preferences import l1_normalised
from xaitool.report.aspect_bars import Bar, Pen, text_bars
from xaitool.workflows.configs.recommend import RecommendPreferencesConfig
from xaitool.workflows.recommenders.pairs import plain
from xaitool.workflows.recommenders.query import Query
from xaitool.workflows.runs.progress import Reporter, SilentReporter

Row = dict[str, Any]

# Users whose preferences are computed at once.
USERS = 1024


def recommend_preferences(
    config: RecommendPreferencesConfig, reporter: Reporter | None = None
) -> Iterator[Row]:
    """Say which aspects users like and dislike in general.

    Args:
        config: The options.
        reporter: Told what is worth knowing; silent by default.

    Returns:
        A row for each aspect of each user, most liked first: ``user``, ``aspect``, ``preference``
        (of a user's magnitudes the sum is 1, all 0 where nothing is known of the user) and ``raw``
        (the same in rating units).

    Raises:
        InputError: An option or the model does not fit, or there is no such user.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import xaitool
        >>> folder = tempfile.TemporaryDirectory()
        >>> out = Path(folder.name)
        >>> small = "synthetic-ratings:users=80,items=60,ratings=30,aspects=6"
        >>> fit = xaitool.RecommendFitConfig(dataset=small, factors=8, epochs=6, out=out / "fit")
        >>> _ = xaitool.recommend_fit(fit)
        >>> config = xaitool.RecommendPreferencesConfig(model=out / "fit", user=("u1",))
        >>> rows = list(xaitool.recommend_preferences(config))
        >>> len(rows), round(sum(abs(row["preference"]) for row in rows), 4)
        (6, 1.0)
        >>> folder.cleanup()
    """
    query = Query(config, reporter or SilentReporter())
    return _rows(query, query.explainer())


def _rows(query: Query, explainer: AspectExplainer) -> Iterator[Row]:
    names = query.recommender.names.aspect_names
    for block, users in query.blocks(USERS):
        with torch.inference_mode():
            raw, order = explainer.general_preference(users).sort(
                dim=1, descending=True, stable=True
            )
        shares = l1_normalised(raw)
        for user, *columns in zip(block, order.tolist(), plain(shares), plain(raw), strict=True):
            for aspect, share, value in zip(*columns, strict=True):
                yield {
                    "user": user,
                    "aspect": names[aspect],
                    "preference": share,
                    "raw": value,
                }


def as_text(rows: Iterable[Row], pen: Pen) -> Iterator[str]:
    """The rows as bars, a paragraph a user."""
    rows = list(rows)
    scale = max(abs(row["preference"]) for row in rows)
    for number, (user, group) in enumerate(groupby(rows, lambda row: row["user"])):
        yield from [""] * (number > 0)
        yield f"user {user}: preference, and the same in rating units"
        bars = [
            Bar(row["aspect"], row["preference"], f"{row['preference']:+.3f}  {row['raw']:+.3f}")
            for row in group
        ]
        yield from text_bars(bars, pen, scale)
