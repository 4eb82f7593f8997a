"""Ratings whose rule is known, for the tests of rating models."""

import torch

from xaitool.core.recommenders.engine.ratings import Ratings

USERS, ITEMS, RANK, ASPECTS = 60, 40, 3, 5


def population(density=0.6, noise=0.0, seed=0):
    """A low-rank matrix with biases and mean 3.5; some cells of it, and the other cells."""
    draw = torch.Generator().manual_seed(seed)
    left = torch.randn(USERS, RANK, generator=draw) * 0.7
    right = torch.randn(ITEMS, RANK, generator=draw) * 0.7
    biases = torch.randn(USERS, 1, generator=draw) * 0.3, torch.randn(ITEMS, generator=draw) * 0.3
    full = 3.5 + biases[0] + biases[1] + left @ right.T
    full = full + noise * torch.randn(USERS, ITEMS, generator=draw)
    known = torch.rand(USERS, ITEMS, generator=draw) < density
    return cells(full, known), cells(full, ~known)


def cells(full, chosen):
    users, items = chosen.nonzero(as_tuple=True)
    return Ratings(users, items, full[users, items].float(), *full.shape)


def with_cold(seed=0):
    """Noisy ratings of a population whose last user and last item have none."""
    ratings, _ = population(density=0.5, noise=0.2, seed=seed)
    warm = (ratings.users < USERS - 1) & (ratings.items < ITEMS - 1)
    return ratings.select(warm)


def aspects(seed=0):
    """bool ``(items, A)``, also of items without any."""
    return torch.rand(ITEMS, ASPECTS, generator=torch.Generator().manual_seed(seed)) < 0.4


def rmse(model, ratings):
    with torch.no_grad():
        errors = model.rate(ratings.users, ratings.items) - ratings.values
    return float(errors.double().square().mean().sqrt())
