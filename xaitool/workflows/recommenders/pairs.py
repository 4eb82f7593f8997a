"""Predicted ratings of pairs of user and item, taken apart into what they consist of."""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor

from xaitool.core.recommenders.aspects.explainer import AspectExplainer
from xaitool.core.recommenders.aspects.preferences import l1_normalised
from xaitool.core.recommenders.biased import BiasedModel
from xaitool.workflows.recommenders.query import Query


@torch.inference_mode()
def explained_pairs(
    query: Query, explainer: AspectExplainer, users: Tensor, items: Tensor
) -> list[dict[str, Any]]:
    """Ratings, their parts, and what aspects add to them; for the names see `recommend_explain`.

    Args:
        query: Whom is asked.
        explainer: What explains it.
        users: int64 ``(n,)``.
        items: int64 ``(n,)``, one to each user.
    """
    names, present = query.recommender.names, query.recommender.aspects[items]
    specific = explainer.specific_preference(users, items)
    parts = _parts(query, users, items)
    parts["unexplained"] = parts["interest"] - specific.sum(1)
    parts["explained_share"] = _explained_share(query, items)
    columns = {name: plain(part) for name, part in parts.items()}
    aspects = by_aspect(specific, present, names.aspect_names)
    shares = by_aspect(l1_normalised(specific), present, names.aspect_names)
    rated = plain(query.rated.values(users, items))
    return [
        {
            "item": names.item_ids[item],
            "title": names.titles[item],
            **{name: column[row] for name, column in columns.items()},
            "rated": None if math.isnan(rated[row]) else rated[row],
            "aspects": aspects[row],
            "shares": shares[row],
        }
        for row, item in enumerate(items.tolist())
    ]


def _parts(query: Query, users: Tensor, items: Tensor) -> dict[str, Tensor]:
    # Every registered base has mean and biases.
    model = cast(BiasedModel, query.recommender.model)
    raw = model.rate(users, items)
    return {
        "rating": raw.clamp(*query.recommender.scale),
        "raw": raw,
        "mean": model.mean.expand(len(users)),
        "user_bias": model.user_biases[users],
        "item_bias": model.item_biases[items],
        "interest": model.interest(users, model.item_vectors(items)),
    }


def _explained_share(query: Query, items: Tensor) -> Tensor:
    """That of AMCF; the aspects of a linear model are all there is of its item vectors."""
    if query.recommender.amcf is not None:
        return query.recommender.amcf.explained_share(items)
    return query.recommender.aspects[items].any(1).float()


# More are noise of float32 at the scale of ratings.
DECIMALS = 6


def plain(values: Tensor) -> list[Any]:
    """Numbers of a tensor, rounded, in lists as deep as it has dimensions; no -0."""
    return (values.cpu().double().round(decimals=DECIMALS) + 0.0).tolist()


def by_aspect(values: Tensor, present: Tensor, names: tuple[str, ...]) -> list[dict[str, float]]:
    """Each row as a mapping from the aspects that are present, largest magnitude first.

    Args:
        values: float ``(n, A)``.
        present: bool ``(n, A)``.
        names: Of the A aspects; of equal magnitudes the first comes first.
    """
    magnitudes = values.abs().masked_fill(~present, -1)
    order = magnitudes.argsort(dim=1, descending=True, stable=True)
    return [
        {names[aspect]: value for aspect, value in zip(row[:n], own[:n], strict=True)}
        for row, own, n in zip(
            order.tolist(), plain(values.gather(1, order)), present.sum(1).tolist(), strict=True
        )
    ]
