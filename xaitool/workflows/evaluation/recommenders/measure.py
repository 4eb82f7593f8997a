"""How good a recommender's ratings, recommendations and explanations are."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor

from xaitool.core.recommenders.aspects.preferences import preference_truth
from xaitool.core.seeding import derive_seed
from xaitool.data.ratings.rating_data import RatingData
from xaitool.data.ratings.splits import k_folds
from xaitool.errors import ConfigError, DataError
from xaitool.io.damage import damage_as_error
from xaitool.registry import METRICS_OF, load_target
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.recommend_fit import RecommendFitConfig
from xaitool.workflows.evaluation.recommenders.fold import Fold, FoldFigure, FoldMetric
from xaitool.workflows.recommenders.ratings import held_out, ratings_for
from xaitool.workflows.recommenders.recipe import placed
from xaitool.workflows.recommenders.recommender import Recommender, load_recommender
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime

FOLDS = 5
# The published code rounds the averages behind the truth of preferences.
PUBLISHED_DECIMALS = 3


def measure_recommender(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[dict[str, Any]]:
    """Rows of a recommender.

    One that was fitted to all ratings is fitted again for each of ``--folds`` random folds, with
    the options of its run, and measured on the ratings of the fold; all metrics come from the same
    fits. One that held ratings out is measured on these as it is, unless folds are asked for.
    Errors are pooled over the ratings of all folds, other values over their users, pairs or items.

    Args:
        path: Its checkpoint or run.
        metrics: Registered names; what measures each, a `FoldMetric`, the registry says.
        context: The options, where it computes, and whom it tells.

    Raises:
        InputError: The checkpoint, the data or a metric does not fit.
    """
    config = context.config
    _check_options(config)
    recommender = load_recommender(path, context.runtime)
    data, fit = _data(path, recommender, config)
    wanted = [
        one for one in _fold_metrics(metrics) if _measurable(one, path, recommender, data, config)
    ]
    mask = None if config.folds else held_out(data, fit)
    masks = (
        k_folds(len(data.ratings), config.folds or FOLDS, config.seed)
        if mask is None
        else mask[None]
    )
    table: dict[str, list[FoldFigure]] = {}
    with context.reporter.task("evaluate", len(masks), "fold") as task:
        for number, test in enumerate(masks, start=1):
            start = time.perf_counter()
            fold = _fold(
                recommender, data, test, config, context.runtime, number, refit=mask is None
            )
            fitted = time.perf_counter()
            for metric in wanted:
                for figure in metric.figures(fold):
                    table.setdefault(figure.name, []).append(figure)
            context.reporter.message(
                f"{path}, fold {number}/{len(masks)}: fitted in {fitted - start:.2f} s, "
                f"measured in {time.perf_counter() - fitted:.2f} s"
            )
            task.advance(1)
    for name, column in table.items():
        value, count, deviation = _pooled(column)
        source = str(path)
        yield {"metric": name, "value": value, "n": count, "source": source, "std": deviation}


def _check_options(config: EvaluateConfig) -> None:
    if config.split != "test":
        raise ConfigError(f"--split is {config.split}, but a recommender is measured on test folds")
    if config.limit is not None:
        raise ConfigError(
            f"--limit is {config.limit}, but all held-out ratings of a recommender are measured"
        )


def _data(
    path: Path, recommender: Recommender, config: EvaluateConfig
) -> tuple[RatingData, RecommendFitConfig]:
    with damage_as_error(path):
        fit = RecommendFitConfig.from_mapping(recommender.config, source=str(path))
    named = dataclasses.replace(fit, dataset=config.dataset or fit.dataset)
    data = ratings_for(named, data_dir=config.data_dir)
    if data.digest != recommender.digest:
        raise DataError(
            f"dataset '{data.name}' is not what {path} was fitted to, but the same ratings, items "
            "and aspects are wanted"
        )
    return data, fit


def _fold_metrics(names: tuple[str, ...]) -> Iterator[FoldMetric]:
    for name in names:
        yield load_target(METRICS_OF["recommender"][name].target)(name)


def _measurable(
    metric: FoldMetric,
    path: Path,
    recommender: Recommender,
    data: RatingData,
    config: EvaluateConfig,
) -> bool:
    reason = metric.unmeasurable(recommender.fitted, data)
    if reason and config.metric:
        raise ConfigError(f"metric '{metric.name}' does not measure {path}: {reason}")
    return reason is None


def _fold(
    recommender: Recommender,
    data: RatingData,
    test: Tensor,
    config: EvaluateConfig,
    runtime: Runtime,
    number: int,
    *,
    refit: bool,
) -> Fold:
    ratings, aspects = placed(data.ratings, runtime), recommender.aspects
    test = test.to(runtime.device)
    train = ratings.select(~test)
    if config.truth == "all":
        truth = preference_truth(ratings, aspects, decimals=PUBLISHED_DECIMALS)
    else:
        truth = preference_truth(train, aspects)
    return Fold(
        train=train,
        test=ratings.select(test),
        fitted=recommender.recipe.fit(train, aspects, runtime) if refit else recommender.fitted,
        aspects=aspects,
        truth=truth,
        planted=None if data.planted is None else data.planted.to(truth),
        top=config.top,
        relevant=_relevant(data) if config.relevant is None else config.relevant,
        seed=derive_seed(config.seed, "controls", number),
    )


def _relevant(data: RatingData) -> float:
    """Three quarters up the scale: 4 of 1 to 5."""
    low, high = data.scale
    return low + 0.75 * (high - low)


def _pooled(column: list[FoldFigure]) -> tuple[float | None, int, float | None]:
    """Mean over the cases of all folds, their number, and the standard deviation of the folds."""
    power = column[0].power
    known = [(figure.value, figure.cases) for figure in column if figure.value is not None]
    values, counts = [value for value, _ in known], [count for _, count in known]
    if not known:
        return None, 0, None
    total = sum(value**power * count for value, count in known)
    pooled = (total / sum(counts)) ** (1 / power)
    return pooled, sum(counts), statistics.stdev(values) if len(values) > 1 else None
