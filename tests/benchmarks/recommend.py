"""Fitting a rating model beside Surprise and cornac, and recommending to everybody, on ML-1M.

The peers are no dependency: a row whose library is absent is left out, and that is said. Install
``scikit-surprise`` and ``cornac`` to see it.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from tests.benchmarks.material import data
from tests.benchmarks.measure import Row, seconds
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.svd import Svd
from xaitool.data.ratings.load import load_ratings
from xaitool.data.ratings.splits import k_folds
from xaitool.workflows.configs.recommend import RecommendTopConfig
from xaitool.workflows.configs.recommend_fit import RecommendFitConfig
from xaitool.workflows.recommenders.fit import recommend_fit
from xaitool.workflows.recommenders.top import recommend_top

FACTORS = 120
TOLERANCE = 0.002

# Of a sweep of each over its passes, learning rate and regularisation, what comes within the
# tolerance of our RMSE, or below it, in the least time; a pass fewer, and the RMSE is out of it.
OURS: dict[str, Any] = {"epochs": 1}
SURPRISE = {"n_epochs": 11, "lr_all": 0.015, "reg_all": 0.025, "init_std_dev": 0.02}
CORNAC = {"max_iter": 11, "learning_rate": 0.0175, "lambda_reg": 0.0225}


class Parts(NamedTuple):
    """The first of five folds of ML-1M."""

    train: Ratings
    test: Ratings


class Contender(NamedTuple):
    """A library's fit, and the RMSE of what it fitted last."""

    fit: Callable[[], object]
    rmse: Callable[[], float]


def run() -> Iterator[Row]:
    """The rows, as they are ready."""
    parts = _parts()
    for name, contender, setting in (
        ("Surprise SVD", _surprise, SURPRISE),
        ("cornac MF", _cornac, CORNAC),
    ):
        try:
            peer = contender(parts)
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        yield _fit_row(_ours(parts), peer, f"{name} {_text(setting)}")
    yield _top_row()


def _parts() -> Parts:
    ratings = load_ratings("ml-1m", data_dir=data()).ratings
    mask = k_folds(len(ratings), 5, seed=0)[0]
    return Parts(ratings.select(~mask), ratings.select(mask))


def _fit_row(ours: Contender, peer: Contender, name: str) -> Row:
    taken = seconds(ours.fit, peer.fit, rounds=3, warm=False)
    difference = abs(ours.rmse() - peer.rmse())
    name = f"{name}, RMSE {peer.rmse():.4f} (ours {ours.rmse():.4f})"
    case = f"fit svd, {FACTORS} factors"
    mine, other = taken
    return Row("recommend", case, mine, other, name, "s", 1 / 3, difference, TOLERANCE, "RMSE")


def _ours(parts: Parts) -> Contender:
    train, test = parts
    model = Svd(train.user_count, train.item_count, factors=FACTORS, **OURS)
    return Contender(
        lambda: model.fit(train),
        lambda: _rmse(model.rate(test.users, test.items).numpy(), test),
    )


def _surprise(parts: Parts) -> Contender:
    surprise = import_module("surprise")
    train, test = parts
    users, items = test.users.numpy(), test.items.numpy()
    by_user: dict[int, list[tuple[int, float]]] = {}
    by_item: dict[int, list[tuple[int, float]]] = {}
    for user, item, value in _rows(train):
        by_user.setdefault(user, []).append((item, value))
        by_item.setdefault(item, []).append((user, value))
    counts = (train.user_count, train.item_count, len(train))
    names = {index: index for index in range(max(counts[:2]))}
    trainset = surprise.Trainset(by_user, by_item, *counts, (1, 5), names, names)
    model = surprise.SVD(n_factors=FACTORS, random_state=0, **SURPRISE)

    def rmse() -> float:
        interest = (model.pu[users] * model.qi[items]).sum(1)
        return _rmse(trainset.global_mean + model.bu[users] + model.bi[items] + interest, test)

    return Contender(lambda: model.fit(trainset), rmse)


def _cornac(parts: Parts) -> Contender:
    models = import_module("cornac.models")
    train, test = parts
    dataset = import_module("cornac.data").Dataset.from_uir(list(_rows(train)), seed=0)
    threads = torch.get_num_threads()
    fitted: list[Any] = []

    def fit() -> None:
        # A model that is fitted again would go on from where it was.
        fitted[:] = [models.MF(k=FACTORS, num_threads=threads, seed=0, verbose=False, **CORNAC)]
        fitted[0].fit(dataset)

    def places(indices: torch.Tensor, known: dict[int, int]) -> np.ndarray[Any, Any]:
        return np.array([known.get(index, -1) for index in indices.tolist()])

    def rmse() -> float:
        model, users = fitted[0], places(test.users, dataset.uid_map)
        items = places(test.items, dataset.iid_map)
        known = (users >= 0) & (items >= 0)
        interest = (model.u_factors[users] * model.i_factors[items]).sum(1) * known
        biases = model.u_biases[users] * (users >= 0) + model.i_biases[items] * (items >= 0)
        return _rmse(model.global_mean + biases + interest, test)

    return Contender(fit, rmse)


def _top_row() -> Row:
    """Everybody's ten best films and why, from the moment that the model is loaded."""
    ratings = load_ratings("ml-1m", data_dir=data())
    with tempfile.TemporaryDirectory() as folder:
        run_directory = Path(folder) / "run"
        recommend_fit(
            RecommendFitConfig(
                dataset="ml-1m", factors=FACTORS, data_dir=data(), out=run_directory, device="cpu"
            )
        )
        config = RecommendTopConfig(
            model=run_directory, user=ratings.user_ids, number=10, explain=True, device="cpu"
        )
        loaded = [recommend_top(config) for _ in range(3)]
        (taken,) = seconds(lambda: deque(loaded.pop(), maxlen=0), rounds=3, warm=False)
    case = f"top 10 of {len(ratings.user_ids):,} users, why"
    return Row("recommend", case, taken, 5.0, "what it may take", "s", 1.0)


def _rows(ratings: Ratings) -> Iterator[tuple[int, int, float]]:
    columns = (ratings.users, ratings.items, ratings.values)
    return zip(*(column.tolist() for column in columns), strict=True)


def _rmse(predicted: np.ndarray[Any, Any], test: Ratings) -> float:
    errors = predicted.astype(np.float64) - test.values.numpy()
    return math.sqrt((errors**2).mean())


def _text(setting: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in setting.items())
