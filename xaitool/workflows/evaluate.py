"""``evaluate``: artifacts in, rows of metrics out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from xaitool import registry
from xaitool.errors import ArtifactError, ConfigError
from xaitool.io.attributions import AttributionFile
from xaitool.io.checkpoints import load_checkpoint
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.measure_attributions import measure_attributions
from xaitool.workflows.measure_classifier import measure_classifier
from xaitool.workflows.measure_gan import measure_gan
from xaitool.workflows.measure_recommender import measure_recommender
from xaitool.workflows.progress import Reporter, SilentReporter
from xaitool.workflows.runtime import Runtime

Row = dict[str, Any]
Kind = Literal["classifier", "gan", "recommender", "attribution"]
Measure = Callable[[Path, tuple[str, ...], EvaluateConfig, Runtime, Reporter], Iterator[Row]]

METRICS: dict[str, tuple[str, ...]] = {
    "classifier": tuple(registry.CLASSIFIER_METRICS),
    "gan": tuple(registry.GAN_METRICS),
    "recommender": tuple(registry.RECOMMENDER_METRICS),
    "attribution": tuple(registry.ATTRIBUTION_METRICS),
}
MEASURES: dict[str, Measure] = {
    "classifier": measure_classifier,
    "gan": measure_gan,
    "recommender": measure_recommender,
    "attribution": measure_attributions,
}


def evaluate(
    config: EvaluateConfig, reporter: Reporter | None = None
) -> list[Row] | dict[str, Any]:
    """Measure what the kind of each artifact allows.

    Args:
        config: The options.
        reporter: Told how it goes; silent by default.

    Returns:
        Rows with at least ``metric``, ``value``, ``n`` (samples) and ``source`` (the artifact), or
        the plan where ``config.dry_run`` is set.

    Raises:
        InputError: An artifact, a metric or the data does not fit.
    """
    reporter = reporter or SilentReporter()
    runtime = Runtime.from_options(config)
    if not config.artifacts:
        raise ConfigError(
            "no artifacts are given, but a run, a checkpoint or an .h5 file is wanted"
        )
    kinds = [(path, artifact_kind(path)) for path in config.artifacts]
    wanted = [(path, kind, _metrics(config, path, kind)) for path, kind in kinds]
    if config.dry_run:
        return {
            "command": "evaluate",
            "artifacts": [
                {"source": str(path), "kind": kind, "metrics": list(metrics)}
                for path, kind, metrics in wanted
            ],
        }
    runtime.announce(reporter)
    return [
        row
        for path, kind, metrics in wanted
        for row in MEASURES[kind](path, metrics, config, runtime, reporter)
    ]


def artifact_kind(path: Path) -> Kind:
    """What an artifact is: ``classifier``, ``gan``, ``recommender`` or ``attribution``.

    Raises:
        ArtifactError: It does not exist, is damaged, or is nothing that is measured.
    """
    if path.suffix in (".h5", ".hdf5", ".partial"):
        with AttributionFile(path):
            return "attribution"
    kind = load_checkpoint(path, kind=None)["kind"]
    if kind not in ("classifier", "gan", "recommender"):
        raise ArtifactError(
            f"{path} is of kind '{kind}', but a classifier, a gan or a recommender is measured"
        )
    return kind  # type: ignore[no-any-return]


def _metrics(config: EvaluateConfig, path: Path, kind: Kind) -> tuple[str, ...]:
    for metric in config.metric:
        if metric not in METRICS[kind]:
            raise ConfigError(
                f"metric '{metric}' does not measure {path}, which is of kind '{kind}'",
                hint=f"for it there are: {', '.join(METRICS[kind])}",
            )
    return config.metric or METRICS[kind]
