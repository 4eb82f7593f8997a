"""Trainings of GANs, one beside the other."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xaitool.core.metrics.generation.convergence import THRESHOLD
from xaitool.errors import ArtifactError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.gans.histories import (
    Criteria,
    GanFigure,
    GanHistory,
    SeedGroup,
    convergence_figures,
    read_history,
    seed_groups,
    worst_best_fid,
)
from xaitool.workflows.evaluation.gans.pictures import GanPictures
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.progress import Reporter

Row = dict[str, Any]

LENET_NAMES = {"lenet", "lenet5"}
"""What checkpoints call the network whose KID the default threshold suits."""


def compare_gans(paths: Sequence[Path], context: Context[EvaluateConfig]) -> list[Row]:
    """What the runs' own logs say of how soon they got where, and what it cost.

    Args:
        paths: Run directories of ``train-gan``; one that is named twice counts once.
        context: The options; the reporter is told where the pictures are, and what does not
            compare well.

    Returns:
        For each quantity of `convergence_figures` a row a run, then a row for each group of runs
        that differ only in their seed: ``value``, for a group the mean; ``std``, for a group the
        standard deviation over its runs (n - 1), else None; ``n``, the runs behind the value, of
        ``runs`` in all; ``quantity``; ``level``, the criterion behind it, else None.

    Raises:
        ArtifactError: A path is no run directory of a GAN, has finished no epoch, or the runs were
            judged by different feature networks.
        ConfigError: A picture cannot go to ``--out``.
    """
    config, reporter = context.config, context.reporter
    pictures = GanPictures(config)
    unique = {path.resolve(): path for path in reversed(paths)}
    histories = [read_history(path) for path in reversed(unique.values())]
    _check_comparable(histories, reporter)
    level = worst_best_fid(histories) if config.fid_level is None else config.fid_level
    criteria = Criteria(_threshold(histories, config, reporter), level)
    groups = seed_groups(histories)
    for written in pictures.write(histories, groups, criteria):
        reporter.message(f"picture: {written}")
    return list(_rows(histories, groups, criteria))


def _check_comparable(histories: Sequence[GanHistory], reporter: Reporter) -> None:
    judged = {one.features: one.path for one in histories if one.features is not None}
    if len(judged) > 1:
        named = " and ".join(f"{path} ({sha256[:12]})" for sha256, path in judged.items())
        raise ArtifactError(
            f"{named} were judged by different feature networks, but FID and KID compare only "
            "within one",
            hint="evaluate them apart, or measure fid and kid of all with one --features",
        )
    if len({one.images for one in histories if one.features is not None}) > 1:
        reporter.warning("the runs were judged by different images: their FIDs do not compare")
    if len({one.options.get("fid_samples") for one in histories}) > 1:
        reporter.warning("the runs differ in --fid-samples: FID falls as it grows")


def _threshold(
    histories: Sequence[GanHistory], config: EvaluateConfig, reporter: Reporter
) -> float:
    if config.kid_threshold is not None:
        return config.kid_threshold
    networks = {one.network for one in histories if one.network is not None}
    if others := sorted(networks - LENET_NAMES):
        reporter.warning(
            f"--kid-threshold is not given, but {THRESHOLD:g} suits lenet, and KID under features "
            f"of {others[0]} has another unit"
        )
    return THRESHOLD


def _rows(
    histories: Sequence[GanHistory], groups: Sequence[SeedGroup], criteria: Criteria
) -> Iterator[Row]:
    figures = {one.path: convergence_figures(one, criteria) for one in histories}
    repeated = [group for group in groups if len(group.members) > 1]
    for index in range(len(next(iter(figures.values())))):
        for path, of_run in figures.items():
            yield _row(str(path), [of_run[index]])
        for group in repeated:
            yield _row(group.source, [figures[one.path][index] for one in group.members])


def _row(source: str, figures: Sequence[GanFigure]) -> Row:
    values = [figure.value for figure in figures if figure.value is not None]
    return {
        "metric": "convergence",
        "quantity": figures[0].quantity,
        "value": _mean(values),
        "std": statistics.stdev(values) if len(values) > 1 else None,
        "n": len(values),
        "runs": len(figures),
        "source": source,
        "level": figures[0].level,
    }


def _mean(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return values[0] if values else None
    return statistics.fmean(values)
