"""What one split of the ratings says of a fitted recommender: figures by the name of a metric."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from xaitool.core.metrics.recommendation.aspect_ranking import bottom_recall, top_recall
from xaitool.core.metrics.recommendation.ranking import ndcg_at, rated_at_least, recall_at
from xaitool.core.metrics.recommendation.rating_error import (
    RatingError,
    RatingErrorResult,
    cold_masks,
    rating_errors_apart,
)
from xaitool.core.metrics.recommendation.specific_agreement import specific_agreement
from xaitool.core.metrics.statistics.defined_mean import defined_mean
from xaitool.core.metrics.statistics.rank_correlation import rank_correlation
from xaitool.core.recommenders.aspects.amcf import Amcf
from xaitool.core.recommenders.aspects.explanation import Explanation
from xaitool.core.recommenders.aspects.preferences import (
    for_items,
    popularity_preferences,
    random_preferences,
)
from xaitool.core.recommenders.base import RatingModel
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.workflows.recommenders.recipe import Fitted

# Pairs of user and item whose preferences are in memory at once.
ROWS = 65_536

_RECALL = re.compile(r"([tb])(\d+)@(\d+)")


class Figure(NamedTuple):
    """One number of one fold.

    Attributes:
        name: Of the row that it becomes.
        value: Mean over the cases; of the RMSE, its root. None where there is no case.
        cases: How many.
    """

    name: str
    value: float | None
    cases: int


@dataclass(frozen=True, eq=False)
class Fold:
    """A fitted recommender and the ratings that it did not see.

    Attributes:
        train: The ratings that it was fitted to.
        test: The others; not empty.
        fitted: The recommender.
        aspects: bool ``(items, A)``.
        truth: What users really prefer, ``(users, A)``.
        planted: The preferences that the ratings were made from, ``(users, A)``, or None.
        top: Length of a list of recommendations.
        relevant: Smallest rating of an item that should be recommended.
        seed: Of the random control.
    """

    train: Ratings
    test: Ratings
    fitted: Fitted
    aspects: Tensor
    truth: Tensor
    planted: Tensor | None
    top: int
    relevant: float
    seed: int

    @property
    def explanation(self) -> Explanation:
        """What explains; only where something does."""
        if self.fitted.explanation is None:
            raise ValueError("this recommender explains nothing")
        return self.fitted.explanation

    @cached_property
    def predicted(self) -> Tensor:
        """Ratings of the test pairs, ``(n,)``."""
        return torch.cat(
            [
                self.fitted.model.rate(users, items)
                for users, items in zip(
                    self.test.users.split(ROWS), self.test.items.split(ROWS), strict=True
                )
            ]
        )

    @cached_property
    def preferences(self) -> dict[str, Tensor]:
        """General preferences ``(users, A)``: its own under an empty name, and the controls."""
        users = torch.arange(len(self.truth), device=self.truth.device)
        unknowing = random_preferences(*self.truth.shape, seed=self.seed)
        return {
            "": self.explanation.general_preference(users),
            "-random": unknowing.to(self.truth),
            "-popularity": popularity_preferences(self.train, self.aspects),
        }

    @cached_property
    def ranking(self) -> dict[str, Ranking]:
        """Quality of the lists, of its own and of the controls."""
        return ranked(self.fitted.model, self.train, self.test, self.top, self.relevant)


def figures(metric: str, fold: Fold) -> Iterator[Figure]:
    """The figures of a registered metric that is not among those left out for `unmeasurable`."""
    if match := _RECALL.fullmatch(metric):
        return _aspect_recall(fold, metric, match[1], int(match[2]), int(match[3]))
    return _FIGURES[metric](fold)


def unmeasurable(
    metric: str, fitted: Fitted, aspect_names: tuple[str, ...], planted: bool
) -> str | None:
    """Why a metric cannot be measured of such a recommender, or None.

    Args:
        metric: Its registered name.
        fitted: The recommender.
        aspect_names: Of the data.
        planted: Whether the data has planted preferences.
    """
    match = _RECALL.fullmatch(metric)
    explained = match is not None or metric in ("score_s", "planted")
    if explained and fitted.explanation is None:
        return "its base explains nothing"
    if match and len(aspect_names) < int(match[3]):
        return f"its items have {len(aspect_names)} different aspects"
    if metric == "explained-share" and fitted.amcf is None:
        return "its base has no item vectors"
    if metric == "planted" and not planted:
        return "only synthetic-ratings has planted preferences"
    return None


def _rmse(fold: Fold) -> Iterator[Figure]:
    yield Figure("rmse", _error(fold).rmse, len(fold.test))


def _mae(fold: Fold) -> Iterator[Figure]:
    yield Figure("mae", _error(fold).mae, len(fold.test))


def _error(fold: Fold) -> RatingErrorResult:
    error = RatingError()
    error.update(fold.predicted, fold.test.values)
    return error.compute()


def _cold(fold: Fold) -> Iterator[Figure]:
    masks = cold_masks(fold.train, fold.test.users, fold.test.items)
    for part, result in rating_errors_apart(fold.predicted, fold.test.values, masks).items():
        name = f"rmse-{part.replace(' ', '-')}"
        yield Figure(name, result.rmse, result.count) if result else Figure(name, None, 0)


def _aspect_recall(fold: Fold, metric: str, end: str, most: int, within: int) -> Iterator[Figure]:
    for control, preferences in fold.preferences.items():
        if end == "t":
            recall = top_recall(fold.truth, preferences, top=most, within=within)
        else:
            # Who does not know the user takes the rarest aspects for the disliked ones.
            sign = -1 if control == "-popularity" else 1
            recall = bottom_recall(fold.truth, sign * preferences, bottom=most, within=within)
        yield _mean(metric + control, recall)


def _specific(fold: Fold) -> Iterator[Figure]:
    """The published code measures ``-general``, which it calls specific."""
    general = fold.preferences
    parts: dict[str, list[Tensor]] = {}
    for users, items in zip(fold.test.users.split(ROWS), fold.test.items.split(ROWS), strict=True):
        aspects = fold.aspects[items]
        truth = for_items(fold.truth[users], aspects)
        given = {
            "": fold.explanation.specific_preference(users, items),
            "-general": for_items(general[""][users], aspects),
            "-random": for_items(general["-random"][users], aspects),
            "-popularity": for_items(general["-popularity"][users], aspects),
        }
        for name, reasons in given.items():
            parts.setdefault(name, []).append(specific_agreement(truth, reasons))
    for name, part in parts.items():
        yield _mean(f"score_s{name}", torch.cat(part))


def _planted(fold: Fold) -> Iterator[Figure]:
    if fold.planted is None:
        raise ValueError("there are no planted preferences")
    for name, preferences in fold.preferences.items():
        yield _mean(f"planted{name}", rank_correlation(preferences, fold.planted))


def _explained_share(fold: Fold) -> Iterator[Figure]:
    """The control is what as many random directions would explain on average."""
    if not isinstance(amcf := fold.fitted.amcf, Amcf):
        raise ValueError("this recommender has no AMCF")
    rated = fold.train.items.unique()
    size = amcf.embeddings.shape[1]
    by_chance = fold.aspects[rated].sum(1).clamp(max=size) / size
    yield _mean("explained-share", amcf.explained_share(rated))
    yield _mean("explained-share-random", by_chance)


def _ndcg(fold: Fold) -> Iterator[Figure]:
    for name, ranking in fold.ranking.items():
        yield _mean(f"ndcg@{fold.top}{name}", ranking.ndcg)


def _recall(fold: Fold) -> Iterator[Figure]:
    for name, ranking in fold.ranking.items():
        yield _mean(f"recall@{fold.top}{name}", ranking.recall)


def _mean(name: str, values: Tensor) -> Figure:
    mean = defined_mean(values)
    return Figure(name, mean.value, mean.count)


_FIGURES: dict[str, Callable[[Fold], Iterator[Figure]]] = {
    "rmse": _rmse,
    "mae": _mae,
    "cold-rmse": _cold,
    "score_s": _specific,
    "planted": _planted,
    "explained-share": _explained_share,
    "ndcg": _ndcg,
    "recall": _recall,
}

# Scores of user and item that are in memory at once; a network needs a hundred times as much.
SCORES = 262_144


class Ranking(NamedTuple):
    """Quality of the lists of the users to whom something could be recommended.

    Attributes:
        ndcg: float64 ``(users,)``.
        recall: Same.
    """

    ndcg: Tensor
    recall: Tensor


def ranked(
    model: RatingModel, train: Ratings, test: Ratings, length: int, relevant: float
) -> dict[str, Ranking]:
    """Recommend to every user what he has no training rating of, and look what he liked of it.

    Args:
        model: The fitted model; its list has the highest predicted ratings.
        train: What it was fitted to.
        test: The other ratings.
        length: Of a list.
        relevant: Smallest test rating of an item that should be in the list.

    Returns:
        The model's under an empty name; ``-popularity``, the items with most training ratings;
        ``-random``, exactly what lists in random order have on average.
    """
    counts = torch.bincount(train.items, minlength=train.item_count).to(train.values)
    users = test.users[test.values >= relevant].unique()
    parts: dict[str, list[Ranking]] = {"": [], "-random": [], "-popularity": []}
    for some in users.split(max(1, SCORES // train.item_count)):
        seen, liked = rated_at_least(train, some), rated_at_least(test, some, relevant)
        # Equal scores count as the average over their orders.
        scores = {"": model.rate_all(some), "-random": torch.zeros_like(counts)}
        for name, score in (scores | {"-popularity": counts}).items():
            allowed = score.expand(seen.shape).masked_fill(seen, -torch.inf)
            parts[name].append(
                Ranking(ndcg_at(allowed, liked, length), recall_at(allowed, liked, length))
            )
    return {name: _joined(part, train.values) for name, part in parts.items()}


def _joined(parts: list[Ranking], like: Tensor) -> Ranking:
    nothing = like.new_zeros(0, dtype=torch.float64)
    return Ranking(*(torch.cat([nothing, *column]) for column in zip(*parts, strict=True)))
