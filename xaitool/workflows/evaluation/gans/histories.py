"""What runs of ``train-gan`` say about their epochs, and when they converged, over seeds too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from xaitool.core.metrics.generation.convergence import convergence_epoch, reached
from xaitool.errors import ArtifactError
from xaitool.io.checkpoints import load_checkpoint
from xaitool.io.damage import damage_as_error
from xaitool.io.jsonl import MetricsLog
from xaitool.io.plain import Finite, checked
from xaitool.workflows.gans.networks import KIND, JudgedGan
from xaitool.workflows.runs.directory import SavedConfig, read_json


@dataclass(frozen=True)
class GanHistory:
    """A run's epochs, and what its figures rest on.

    Attributes:
        path: The run directory.
        epochs: What was logged of each epoch, from the first one on.
        options: What it was trained with.
        features: SHA-256 of the feature network that judged it; None where none did.
        network: What that network is.
        images: Digest of the real images that it was judged by; of runs that do not say so, of
            those that it was trained on.
    """

    path: Path
    epochs: list[dict[str, Any]]
    options: dict[str, Any]
    features: str | None
    network: str | None
    images: str | None

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.resolve().name

    def values(self, key: str) -> list[float | None]:
        """A figure of every epoch; None where it was not measured.

        Raises:
            ArtifactError: It is no number.
        """
        values = [epoch.get(key) for epoch in self.epochs]
        return checked(values, list[Finite | None], f"{self.path / 'metrics.jsonl'} ({key})")

    def total(self, key: str, until: int | None) -> float | None:
        """The sum of a figure over the first epochs.

        Args:
            key: The figure.
            until: How many epochs; None stands for an epoch that there is not.

        Returns:
            The sum; None where one of its terms is unknown.
        """
        values = [] if until is None else self.values(key)[:until]
        known = [value for value in values if value is not None]
        return sum(known) if known and len(known) == len(values) else None

    @property
    def best_epoch(self) -> int:
        """The epoch that ``best.pt`` holds: of the lowest FID, else the last one (1-based)."""
        measured = [
            (value, number)
            for number, value in enumerate(self.values("fid"), 1)
            if value is not None
        ]
        return min(measured)[1] if measured else len(self.epochs)


def read_history(path: Path) -> GanHistory:
    """Read a run directory.

    Raises:
        ArtifactError: It is a file, has finished no epoch, or is damaged.
    """
    if path.is_file():
        raise ArtifactError(
            f"{path} is a checkpoint, but convergence is measured of a run directory",
            hint=f"the run may be {path.parent}",
        )
    epochs = MetricsLog(path / "metrics.jsonl").read()
    if not epochs:
        raise ArtifactError(
            f"{path} has no epoch in metrics.jsonl, but convergence is measured over epochs"
        )
    options = read_json(path / "config.json", SavedConfig).get("options")
    checkpoint = load_checkpoint(path, kind=KIND, schema=JudgedGan)
    with damage_as_error(path):
        judged = checkpoint.get("features") or {}
        return GanHistory(
            path=path,
            epochs=epochs,
            options=dict(options or {}),
            features=judged.get("sha256"),
            network=judged.get("network"),
            images=judged.get("images") or checkpoint.get("dataset_digest"),
        )


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
class GanFigure:
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


def convergence_figures(history: GanHistory, criteria: Criteria) -> list[GanFigure]:
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
        GanFigure("convergence-epoch", end, threshold),
        GanFigure("convergence-seconds", history.total("train_seconds", end), threshold),
        GanFigure("convergence-explain-seconds", history.total("explain_seconds", end), threshold),
        GanFigure("fid-level-epoch", there, level),
        GanFigure("fid-level-seconds", history.total("train_seconds", there), level),
        GanFigure("epochs", count),
        GanFigure("train-seconds", total),
        GanFigure("explain-seconds", history.total("explain_seconds", count)),
        GanFigure("seconds-per-epoch", None if total is None else total / count),
        GanFigure("best-epoch", history.best_epoch),
        *(
            GanFigure(f"{key.replace('_', '-')}-{which}", history.values(key)[epoch - 1])
            for key in TRACED
            for which, epoch in (("last", count), ("best", history.best_epoch))
        ),
    ]


# What may differ between repeats: the seed, and what changes no result.
NO_EXPERIMENT = ("seed", "data_dir", "workers")


@dataclass(frozen=True)
class SeedGroup:
    """Runs that differ only in their seed; often a single one.

    Attributes:
        label: For people, from the names of the folders.
        source: The folders, in the shell's short form, such as ``runs/shap-{0,1}``.
        members: The runs.
    """

    label: str
    source: str
    members: tuple[GanHistory, ...]


def seed_groups(histories: Sequence[GanHistory]) -> list[SeedGroup]:
    """Put runs together whose options are equal but for the seed, in the order of the first ones.

    Args:
        histories: The runs, none of them twice.
    """
    members_of: dict[str, list[GanHistory]] = {}
    for history in histories:
        members_of.setdefault(_experiment(history), []).append(history)
    names = [history.name for history in histories]
    unique = len(set(names)) == len(names)
    return [
        SeedGroup(
            label=braced([one.name if unique else str(one.path) for one in members]),
            source=braced([str(one.path) for one in members]),
            members=tuple(members),
        )
        for members in members_of.values()
    ]


def braced(texts: Sequence[str]) -> str:
    """Texts as one, in the shell's brace form: ``a-1-x`` and ``a-2-x`` are ``a-{1,2}-x``.

    Numbers stay whole, so that 1 and 10 are ``{1,10}``.
    """
    if len(texts) == 1:
        return texts[0]
    start = _common_start(texts).rstrip("0123456789")
    rests = [text.removeprefix(start) for text in texts]
    end = _common_start([rest[::-1] for rest in rests])[::-1].lstrip("0123456789")
    return f"{start}{{{','.join(rest.removesuffix(end) for rest in rests)}}}{end}"


def _common_start(texts: Sequence[str]) -> str:
    places = takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))
    return "".join(letters[0] for letters in places)


def _experiment(history: GanHistory) -> str:
    options = {name: one for name, one in history.options.items() if name not in NO_EXPERIMENT}
    return json.dumps(options, sort_keys=True)
