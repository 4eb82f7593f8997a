"""A fold of two users and four items that is small enough to be measured by hand."""

import torch

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.linear import Linear
from xaitool.data.ratings.rating_data import RatingData
from xaitool.workflows.evaluation.recommenders.fold import Fold
from xaitool.workflows.recommenders.recipe import FittedModel

# Of the aspects a, b and c.
ASPECTS = torch.tensor([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1]]).bool()
WEIGHTS = torch.tensor([[2.0, -1.0, 0.0], [0.5, 0.25, -1.0]])


def ratings(*rows):
    """Of (user, item, value)."""
    users, items, values = zip(*rows, strict=True)
    return Ratings(torch.tensor(users), torch.tensor(items), torch.tensor(values), 2, 4)


def linear():
    """Rates the first user's items 5.5, 2.5, 4.5 and 3.5, the second's 3.5, 3.25, 3.75 and 2."""
    model = Linear(2, 4, aspects=ASPECTS)
    model.mean = torch.tensor(3.0)
    model.user_biases = torch.tensor([0.5, 0.0])
    model.user_factors = WEIGHTS
    return FittedModel(model, None)


def fold(**parts):
    """Of the ratings that a fit saw, two are of the first item; the last two items are cold."""
    values = {
        "train": ratings((0, 0, 5.0), (1, 0, 3.0), (1, 1, 4.0)),
        "test": ratings((0, 1, 3.0), (0, 2, 5.0), (1, 3, 2.0)),
        "fitted": linear(),
        "aspects": ASPECTS,
        "truth": torch.tensor([[0.6, -0.3, -0.1], [0.2, 0.5, -0.3]]).double(),
        "planted": torch.tensor([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]]).double(),
        "top": 2,
        "relevant": 3.0,
        "seed": 0,
    }
    return Fold(**{**values, **parts})


def data(**parts):
    values = {
        "name": "by-hand",
        "ratings": ratings((0, 0, 5.0), (1, 0, 3.0)),
        "times": None,
        "user_ids": ("u1", "u2"),
        "item_ids": ("i1", "i2", "i3", "i4"),
        "titles": ("i1", "i2", "i3", "i4"),
        "aspect_names": ("a", "b", "c"),
        "aspects": ASPECTS,
        "scale": (1.0, 5.0),
    }
    return RatingData(**{**values, **parts})


def by_name(metric, of=None):
    """Value and number of cases of each figure."""
    figures = list(metric.figures(fold() if of is None else of))
    return {figure.name: (figure.value, figure.cases) for figure in figures}
