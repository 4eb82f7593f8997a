"""How soon a GAN's training gets where, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xaitool.core.metrics.convergence import convergence_epoch, reached
from xaitool.workflows.gan_history import GanHistory

TRACED = ("fid", "kid", "coverage", "pixel_deviation")
"""Figures of which the last and the best epoch's values are told."""


@dataclass(frozen=True)
class Criteria:
    """What counts as there.

    Attributes:
        kid_threshold: Most by which KID varies over ten epochs of a converged GAN, in units of
            KID.
        fid_level: The FID that shall be reached; None where no run measured any.
    """

    kid_threshold: float
    fid_level: float | None


@dataclass(frozen=True)
class Figure:
    """One thing that is known of a run.

    Attributes:
        quantity: What it is.
        value: None where it was not measured, or did not happen.
        level: The criterion behind it.
    """

    quantity: str
    value: float | None
    level: float | None = None


def worst_best_fid(histories: Sequence[GanHistory]) -> float | None:
    """The lowest FID that every run reaches; runs without FID are left out."""
    best = [
        min(known)
        for history in histories
        if (known := [value for value in history.values("fid") if value is not None])
    ]
    return max(best, default=None)


def converged(history: GanHistory, criteria: Criteria) -> int | None:
    """The epoch from which KID stays within the threshold; None without one."""
    return convergence_epoch(history.values("kid"), threshold=criteria.kid_threshold)


def convergence_figures(history: GanHistory, criteria: Criteria) -> list[Figure]:
    """All that is known of a run, in a fixed order, the same for every run.

    Seconds are those of training, the explanations included; ``explain-seconds`` says how many of
    them these took. The best epoch is that of the lowest FID, which ``best.pt`` holds, for all
    figures: a KID or a coverage of another epoch is of no checkpoint.

    Source: Graves et al. 2020, "LogicGAN", sections 5.2 and 5.3, tables 1 and 2.
    """
    threshold, level = criteria.kid_threshold, criteria.fid_level
    end = converged(history, criteria)
    there = None if level is None else reached(history.values("fid"), level)
    count = len(history.epochs)
    total = history.total("train_seconds", count)
    return [
        Figure("convergence-epoch", end, threshold),
        Figure("convergence-seconds", history.total("train_seconds", end), threshold),
        Figure("convergence-explain-seconds", history.total("explain_seconds", end), threshold),
        Figure("fid-level-epoch", there, level),
        Figure("fid-level-seconds", history.total("train_seconds", there), level),
        Figure("epochs", count),
        Figure("train-seconds", total),
        Figure("explain-seconds", history.total("explain_seconds", count)),
        Figure("seconds-per-epoch", None if total is None else total / count),
        Figure("best-epoch", history.best_epoch),
        *(
            Figure(f"{key.replace('_', '-')}-{which}", history.values(key)[epoch - 1])
            for key in TRACED
            for which, epoch in (("last", count), ("best", history.best_epoch))
        ),
    ]
