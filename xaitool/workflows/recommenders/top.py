"""``recommend top``: the items that users would rate highest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from xaitool.core.recommenders.aspects.explainer import AspectExplainer
from xaitool.core.recommenders.engine.best_items import best_items
from xaitool.errors import ConfigError
from xaitool.workflows.configs.recommend import RecommendTopConfig
from xaitool.workflows.recommenders.pairs import by_aspect, plain
from xaitool.workflows.recommenders.query import Query
from xaitool.workflows.runs.progress import Reporter, SilentReporter

Row = dict[str, Any]

# Items a user, where nothing is asked for.
NUMBER = 10

# Ratings that are in memory at once; a network needs a hundred times as much.
PAIRS = 1 << 18

# Rows that are made of them at once.
ROWS = 1 << 14


def recommend_top(config: RecommendTopConfig, reporter: Reporter | None = None) -> Iterator[Row]:
    """Recommend the items that users would rate highest.

    Users are taken in blocks, so that memory does not grow with their number.

    Args:
        config: The options.
        reporter: Told what is worth knowing; silent by default.

    Returns:
        A row for each recommended item of each user, best first, equal ratings in the order of the
        items' ids: ``user``, ``rank`` from 1, ``item``, ``title``, ``rating`` (clipped to the scale
        of the data), ``raw`` (as predicted, which ranks), and with ``config.explain`` ``aspects``:
        what each aspect of the item adds to the rating, largest magnitude first. A user who has
        seen nearly everything gets fewer with ``config.exclude_seen``.

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
        >>> config = xaitool.RecommendTopConfig(model=out / "fit", user=("u1",), number=3)
        >>> rows = list(xaitool.recommend_top(config))
        >>> [row["rank"] for row in rows]
        [1, 2, 3]
        >>> rows[0]["raw"] >= rows[1]["raw"] >= rows[2]["raw"]
        True
        >>> folder.cleanup()
    """
    query = Query(config, reporter or SilentReporter())
    count = query.recommender.model.item_count
    number = min(NUMBER, count) if config.number is None else config.number
    if number > count:
        raise ConfigError(f"--number is {number}, but the model has {count:,} items")
    explainer = query.explainer() if config.explain else None
    return _rows(query, config, number, explainer)


def _rows(
    query: Query, config: RecommendTopConfig, number: int, explainer: AspectExplainer | None
) -> Iterator[Row]:
    names, (low, high) = query.recommender.names, query.recommender.scale
    size = min(PAIRS // query.recommender.model.item_count, ROWS // number)
    for block, users in query.blocks(size):
        place, rank, items, raw = _best(query, users, number, config.exclude_seen)
        ratings = raw.clamp(low, high)
        columns = [place.tolist(), rank.tolist(), items.tolist(), plain(ratings), plain(raw)]
        why = _aspects(query, explainer, users[place], items) if explainer else []
        for position, (user, above, item, rating, value) in enumerate(zip(*columns, strict=True)):
            row = {
                "user": block[user],
                "rank": above + 1,
                "item": names.item_ids[item],
                "title": names.titles[item],
                "rating": rating,
                "raw": value,
            }
            yield row | {"aspects": why[position]} if explainer else row


@torch.inference_mode()
def _best(query: Query, users: Tensor, number: int, exclude_seen: bool) -> tuple[Tensor, ...]:
    """Of every recommended item: place of its user, rank from 0, item and rating, ``(n,)`` each."""
    ratings = query.recommender.model.rate_all(users)
    if exclude_seen:
        ratings[query.rated.of_users(users)] = -torch.inf
    items = best_items(ratings, number)
    best = ratings.gather(1, items)
    place, rank = (best > -torch.inf).nonzero(as_tuple=True)
    return place, rank, items[place, rank], best[place, rank]


@torch.inference_mode()
def _aspects(
    query: Query, explainer: AspectExplainer, users: Tensor, items: Tensor
) -> list[dict[str, float]]:
    present = query.recommender.aspects[items]
    return by_aspect(
        explainer.specific_preference(users, items), present, query.recommender.names.aspect_names
    )
