"""``recommend fit``: options in, run directory out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, NoReturn

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.data.ratings.rating_data import RatingData
from xaitool.errors import StoppedBySignal
from xaitool.options.unread import refuse_unread
from xaitool.workflows.configs.recommend_fit import RecommendFitConfig
from xaitool.workflows.recommenders.ratings import held_out, ratings_for
from xaitool.workflows.recommenders.recipe import FittedModel, RecommenderRecipe, placed
from xaitool.workflows.recommenders.recommender import Recommender, save_recommender
from xaitool.workflows.runs.directory import RunDirectory, check_free, default_run_path
from xaitool.workflows.runs.place import RunPlace
from xaitool.workflows.runs.progress import Reporter, SilentReporter
from xaitool.workflows.runs.run_logs import RunLogs, check_logs
from xaitool.workflows.runs.runtime import Runtime
from xaitool.workflows.runs.stop_signal import StopSignal

COMMAND = "recommend fit"


@dataclass(frozen=True)
class FitResult:
    """What a fit leaves behind.

    Attributes:
        run_dir: The run directory.
        checkpoint: The fitted recommender.
        epochs: Passes over the ratings.
        state: ``completed``.
        metrics: Those of the last pass.
    """

    run_dir: str
    checkpoint: str
    epochs: int
    state: str
    metrics: dict[str, Any]


def recommend_fit(
    config: RecommendFitConfig, reporter: Reporter | None = None
) -> FitResult | dict[str, Any]:
    """Fit a rating model, then AMCF to its item vectors.

    A fit takes seconds, so there is no resuming: a signal stops it after the pass over the ratings
    that it is in, and leaves no recommender.

    Args:
        config: The options.
        reporter: Told how it goes; silent by default.

    Returns:
        The result, or the plan where ``config.dry_run`` is set.

    Raises:
        InputError: An option or the data does not fit.
        DivergenceError: The training error became NaN or infinite.
        StoppedBySignal: A signal came.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import xaitool
        >>> folder = tempfile.TemporaryDirectory()
        >>> out = Path(folder.name)
        >>> small = "synthetic-ratings:users=80,items=60,ratings=30,aspects=6"
        >>> fit = xaitool.RecommendFitConfig(dataset=small, factors=8, epochs=6, out=out / "fit")
        >>> result = xaitool.recommend_fit(fit)
        >>> result.state, result.epochs
        ('completed', 6)
        >>> result.metrics["training_rmse"] < 1
        True
        >>> folder.cleanup()
    """
    reporter = reporter or SilentReporter()
    refuse_unread(config)
    runtime = Runtime.from_options(config)
    recipe = RecommenderRecipe.from_config(config)
    place = _place(config, runtime)
    data = ratings_for(config, data_dir=config.data_dir)
    mask = held_out(data, config)
    train = data.ratings if mask is None else data.ratings.select(~mask)
    if config.dry_run:
        return _plan(config, place, recipe, data, train)
    for note in data.notes:
        reporter.message(note)
    if recipe.amcf_options is None:
        reporter.message(f"base '{recipe.base}' has no item vectors, so AMCF is left out")
    runtime.announce(reporter)
    with (
        StopSignal("stopping after this epoch") as stop,
        place.open(config) as directory,
        RunLogs(config.log, directory, reporter) as logs,
    ):
        seen = placed(train, runtime)
        fitted, metrics = _fit(recipe, seen, data, runtime, directory, logs, stop, reporter)
        recommender = Recommender(
            recipe=recipe,
            fitted=fitted,
            names=data.names,
            aspects=data.aspects,
            scale=data.scale,
            seen=seen,
            dataset=data.name,
            digest=data.digest,
            config=config.to_dict("experiment"),
        )
        save_recommender(directory.best, recommender)
    return FitResult(
        str(directory.path), str(directory.best), metrics["epoch"], "completed", metrics
    )


def _place(config: RecommendFitConfig, runtime: Runtime) -> RunPlace:
    label = f"{config.dataset.partition(':')[0]}-{config.base}"
    out = config.out or default_run_path("recommend-fit", label, config.seed)
    check_free(out, overwrite=config.overwrite)
    check_logs(config.log)
    return RunPlace(COMMAND, runtime, out, resumes=False, overwrite=config.overwrite)


def _fit(
    recipe: RecommenderRecipe,
    seen: Ratings,
    data: RatingData,
    runtime: Runtime,
    directory: RunDirectory,
    logs: RunLogs,
    stop: StopSignal,
    reporter: Reporter,
) -> tuple[FittedModel, dict[str, Any]]:
    metrics: dict[str, Any] = {}
    start = time.perf_counter()
    with reporter.task("fit", recipe.epochs, "epoch") as task:

        def progress(epoch: int, values: dict[str, float]) -> None:
            named = {f"training_{name}": value for name, value in values.items()}
            metrics.update(epoch=epoch, **named, seconds=time.perf_counter() - start)
            directory.metrics.append(metrics)
            directory.write_progress(epoch, epoch)
            logs.follow()
            task.advance(1, **named)
            if stop.received:
                _stop(stop.received, epoch)

        fitted = recipe.fit(seen, data.aspects, runtime, progress)
    taken = time.perf_counter() - start
    reporter.message(
        f"fitted '{recipe.base}' to {len(seen):,} ratings in {taken:.2f} s, "
        f"training RMSE {metrics['training_rmse']:.4f}"
    )
    return fitted, metrics


def _stop(number: int, epoch: int) -> NoReturn:
    raise StoppedBySignal(
        number, f"the fit was stopped by a signal after epoch {epoch}, so there is no recommender"
    )


def _plan(
    config: RecommendFitConfig,
    place: RunPlace,
    recipe: RecommenderRecipe,
    data: RatingData,
    train: Ratings,
) -> dict[str, Any]:
    return {
        "command": COMMAND,
        "run_dir": str(place.path),
        "users": train.user_count,
        "items": train.item_count,
        "aspects": list(data.aspect_names),
        "ratings": len(train),
        "held_out": len(data.ratings) - len(train),
        "scale": list(data.scale),
        "dataset_digest": data.digest,
        **recipe.to_dict(),
        "options": config.to_dict("experiment", "run"),
    }
