"""Trainings of classifiers, one beside the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xaitool.errors import ArtifactError, ConfigError
from xaitool.io.jsonl import MetricsLog
from xaitool.io.plain import Finite, checked
from xaitool.report.curves import curve_figure
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.drawable import Row, short_names
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.pictures import write_picture

Epochs = list[dict[str, Any]]

CURVES = {
    "loss": ("Loss", "training loss, mean over images"),
    "accuracy": ("Accuracy in training", "accuracy (share of training images)"),
    "validation_accuracy": ("Accuracy on validation images", "accuracy (share of images)"),
}
"""Title and quantity of each curve, by what epochs call it."""


def compare_trainings(paths: Sequence[Path], context: Context[EvaluateConfig]) -> list[Row]:
    """How fast runs of ``train-classifier`` learnt, as their own logs say it.

    With ``--out`` the loss and the accuracies of all runs over the epochs are drawn, a line a run
    (LGL-INR paper, figure 2).

    Args:
        paths: Run directories; one that is named twice counts once.
        context: The options, and whom it tells of the pictures.

    Returns:
        For each run a row of each ``quantity``: ``epochs``, ``best-epoch`` (the first one of the
        highest accuracy on validation images), ``validation-accuracy`` there, ``accuracy`` of the
        last epoch in training, and ``train-seconds``; ``value`` is None where it is not known, and
        ``n`` is 1, a run.

    Raises:
        ArtifactError: A path is no run directory, has finished no epoch, or is damaged.
        ConfigError: A picture cannot go to ``--out``.
    """
    pictures = _pictures(context.config)
    logs = {str(path): _epochs(path) for path in dict.fromkeys(paths)}
    names = short_names([{"source": source} for source in logs])
    for key, path in pictures.items():
        title, quantity = CURVES[key]
        series = {names[source]: _values(epochs, key, source) for source, epochs in logs.items()}
        known = {name: one for name, one in series.items() if any(v is not None for v in one)}
        if known:
            figure = curve_figure(known, title=title, x_label="epoch", y_label=quantity)
            write_picture(path, figure, overwrite=context.config.overwrite)
            context.reporter.message(f"picture: {path}")
    return [row for source, epochs in logs.items() for row in _rows(source, epochs)]


def _pictures(config: EvaluateConfig) -> dict[str, Path]:
    if config.out is None:
        return {}
    paths = {
        key: config.out / f"training-{key.replace('_', '-')}.{config.figure_format}"
        for key in CURVES
    }
    for path in paths.values():
        if path.exists() and not config.overwrite:
            raise ConfigError(
                f"{path} exists, but a new file was asked for", hint="replace it with --overwrite"
            )
    return paths


def _epochs(path: Path) -> Epochs:
    if not path.is_dir():
        raise ArtifactError(
            f"{path} is no run directory, but training is measured of one",
            hint=f"the run may be {path.parent}",
        )
    epochs = MetricsLog(path / "metrics.jsonl").read()
    if not epochs:
        raise ArtifactError(f"{path} has no epoch in metrics.jsonl, but at least one is wanted")
    return epochs


def _values(epochs: Epochs, key: str, source: str) -> list[float | None]:
    values = [epoch.get(key) for epoch in epochs]
    return checked(values, list[Finite | None], f"{Path(source) / 'metrics.jsonl'} ({key})")


def _rows(source: str, epochs: Epochs) -> Iterator[Row]:
    held_out = _values(epochs, "validation_accuracy", source)
    seconds = [one for one in _values(epochs, "train_seconds", source) if one is not None]
    known = [(value, -place) for place, value in enumerate(held_out, 1) if value is not None]
    best, place = max(known, default=(None, None))
    quantities = {
        "epochs": len(epochs),
        "best-epoch": None if place is None else -place,
        "validation-accuracy": best,
        "accuracy": _values(epochs, "accuracy", source)[-1],
        "train-seconds": sum(seconds) if seconds else None,
    }
    for quantity, value in quantities.items():
        yield {
            "metric": "training",
            "value": value,
            "n": 1,
            "source": source,
            "quantity": quantity,
        }
