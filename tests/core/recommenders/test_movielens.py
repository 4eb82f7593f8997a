"""What is promised on real ratings: the pooled RMSE of five random folds of MovieLens 100K."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from xaitool.core.recommenders.biases import Biases
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.linear import Linear
from xaitool.core.recommenders.svd import Svd
from xaitool.core.recommenders.svd_plus_plus import SvdPlusPlus

FOLDER = Path(os.environ.get("XAITOOL_DATA", "nowhere")) / "ml-100k"
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not (FOLDER / "u.data").is_file(), reason="XAITOOL_DATA has no ml-100k"),
]


def movielens():
    users, items, values = torch.from_numpy(
        np.loadtxt(FOLDER / "u.data", dtype=np.int64, usecols=(0, 1, 2)).T
    )
    return Ratings(users - 1, items - 1, values.float(), 943, 1682)


def genres():
    lines = (FOLDER / "u.item").read_text(encoding="latin-1").splitlines()
    # The first of the 19 flags says that the genre is unknown.
    return torch.tensor([[flag == "1" for flag in line.split("|")[6:]] for line in lines])


@pytest.mark.parametrize(
    ("model", "options", "most"),
    [
        (Biases, {}, 0.942),
        (Svd, {"factors": 120}, 0.910),
        (Svd, {"factors": 20}, 0.910),
        (SvdPlusPlus, {"factors": 20}, 0.905),
        (Linear, {}, 1.020),
    ],
)
def test_pooled_rmse(model, options, most):
    ratings = movielens()
    fold = torch.randperm(len(ratings), generator=torch.Generator().manual_seed(0)) % 5
    if model is Linear:
        options = {"aspects": genres()}
    squares = 0.0
    for number in range(5):
        fitted = model(943, 1682, **options).fit(ratings.select(fold != number))
        test = ratings.select(fold == number)
        errors = fitted.rate(test.users, test.items) - test.values
        squares += float(errors.double().square().sum())
    assert (squares / len(ratings)) ** 0.5 < most
