"""``synthetic-ratings``: ratings that come from planted preferences for aspects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.seeding import random_stream
from xaitool.data.ratings.loader import RatingRequest
from xaitool.data.ratings.rating_data import RatingData
from xaitool.errors import ConfigError
from xaitool.options import Options, option

MEAN = 3.5
"""Mean of all ratings."""

BIAS = 0.3
"""Standard deviation of the users' and of the items' biases."""


@dataclass(frozen=True, kw_only=True)
class SyntheticRatings(Options):
    """What is made: ``synthetic-ratings:users=500,noise=0.1``."""

    users: int = option(600, "users", minimum=1)
    items: int = option(400, "items", minimum=1)
    aspects: int = option(8, "aspects", minimum=2)
    ratings: int = option(60, "ratings of each user", minimum=1)
    preference: float = option(0.8, "standard deviation of the preferences", minimum=0)
    noise: float = option(0.3, "standard deviation of the noise of a rating", minimum=0)
    whole: bool = option(True, "ratings are rounded and clipped to 1, 2, 3, 4 and 5")
    seed: int = option(0, "seed of everything that is drawn")


def load(request: RatingRequest) -> RatingData:
    """Make the data; see `RatingRequest` and `synthetic_ratings`."""
    return replace(synthetic_ratings(request.options(SyntheticRatings)), name=request.name)


def synthetic_ratings(options: SyntheticRatings) -> RatingData:
    """Ratings whose reasons are known.

    r_ui = mean + b_u + b_i + sum_k w_ik p_uk + noise. Item i has 1 to 3 aspects k, whose weights
    w_ik are positive and add to 1; p_uk is what user u thinks of aspect k. The preferences have
    mean 0 over the aspects of a user and over the users of an aspect: what is common to a user's
    aspects, or to an aspect's users, cannot be told from biases, so no method could recover it.

    The same options give the same data on every machine of one torch version.

    Returns:
        The data, with `planted` p and `planted_weights` w, in rating units. Ratings come in a
        random order, their time stamps ascend.

    Raises:
        ConfigError: More ratings a user than items are wanted.
    """
    if options.ratings > options.items:
        raise ConfigError(
            f"synthetic-ratings has {options.ratings} ratings a user and {options.items} items, "
            "but at least as many items are wanted"
        )
    draw = random_stream(options.seed, "synthetic-ratings")
    weights = _weights(options, draw)
    preferences = _preferences(options, draw)
    users, items = _pairs(options, draw)
    values = _values(options, users, items, (preferences[users] * weights[items]).sum(1), draw)
    scale = (1.0, 5.0) if options.whole else (float(values.min()), float(values.max()))
    item_ids = tuple(f"i{number}" for number in range(1, options.items + 1))
    return RatingData(
        name="synthetic-ratings",
        ratings=Ratings(users, items, values, options.users, options.items),
        times=torch.arange(len(values)) if len(values) > 1 else None,
        user_ids=tuple(f"u{number}" for number in range(1, options.users + 1)),
        item_ids=item_ids,
        titles=item_ids,
        aspect_names=tuple(f"aspect {number}" for number in range(1, options.aspects + 1)),
        aspects=weights > 0,
        scale=scale,
        planted=preferences,
        planted_weights=weights,
    )


def _weights(options: SyntheticRatings, draw: Generator) -> Tensor:
    most = min(3, options.aspects)
    counts = torch.randint(1, most + 1, (options.items, 1), generator=draw)
    order = torch.rand(options.items, options.aspects, generator=draw).argsort(1).argsort(1)
    amounts = 0.2 + torch.rand(options.items, options.aspects, generator=draw)
    amounts = amounts * (order < counts)
    return amounts / amounts.sum(1, keepdim=True)


def _preferences(options: SyntheticRatings, draw: Generator) -> Tensor:
    drawn = torch.randn(options.users, options.aspects, generator=draw) * options.preference
    centred = drawn - drawn.mean(1, keepdim=True)
    return centred - centred.mean(0, keepdim=True) if options.users > 1 else centred


def _pairs(options: SyntheticRatings, draw: Generator) -> tuple[Tensor, Tensor]:
    items = torch.stack(
        [
            torch.randperm(options.items, generator=draw)[: options.ratings]
            for _ in range(options.users)
        ]
    ).flatten()
    users = torch.arange(options.users).repeat_interleave(options.ratings)
    order = torch.randperm(len(users), generator=draw)
    return users[order], items[order]


def _values(
    options: SyntheticRatings, users: Tensor, items: Tensor, reasons: Tensor, draw: Generator
) -> Tensor:
    user_biases = torch.randn(options.users, generator=draw) * BIAS
    item_biases = torch.randn(options.items, generator=draw) * BIAS
    noise = torch.randn(len(users), generator=draw) * options.noise
    values = MEAN + user_biases[users] + item_biases[items] + reasons + noise
    return values.round().clamp(1, 5) if options.whole else values
