"""``evaluate``: artifacts in, rows of metrics out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from xaitool import registry
from xaitool.errors import ArtifactError, ConfigError
from xaitool.io.attributions import AttributionFile
from xaitool.io.checkpoints import load_checkpoint
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.faithfulness import measure_attributions
from xaitool.workflows.evaluation.attributions.maps import MEASURES as MAP_MEASURES
from xaitool.workflows.evaluation.attributions.maps import measure_maps
from xaitool.workflows.evaluation.attributions.randomisation import measure_randomisation
from xaitool.workflows.evaluation.attributions.saturation import measure_saturation
from xaitool.workflows.evaluation.attributions.twins import measure_twins
from xaitool.workflows.evaluation.baselines.validity import measure_baselines, measure_generator
from xaitool.workflows.evaluation.classifiers.accuracy import measure_classifier
from xaitool.workflows.evaluation.classifiers.balance import measure_balance
from xaitool.workflows.evaluation.classifiers.fairness import measure_fairness
from xaitool.workflows.evaluation.classifiers.features import measure_features
from xaitool.workflows.evaluation.classifiers.misclassification_rank import (
    measure_misclassification_rank,
)
from xaitool.workflows.evaluation.classifiers.robustness import measure_robustness
from xaitool.workflows.evaluation.cvaes.elbo import measure_elbo
from xaitool.workflows.evaluation.cvaes.interpolation import measure_interpolation
from xaitool.workflows.evaluation.gans.comparison import compare_gans
from xaitool.workflows.evaluation.gans.figures import MEASURES as GAN_MEASURES
from xaitool.workflows.evaluation.gans.figures import measure_gan
from xaitool.workflows.evaluation.gans.samples import write_samples
from xaitool.workflows.evaluation.recommenders.measure import measure_recommender
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.progress import Reporter, SilentReporter
from xaitool.workflows.runs.runtime import Runtime

Row = dict[str, Any]
Kind = Literal["classifier", "gan", "baseline-gan", "cvae", "recommender", "attribution"]
Measure = Callable[[Path, tuple[str, ...], Context[EvaluateConfig]], Iterator[Row]]
Comparison = Callable[[Sequence[Path], EvaluateConfig, Reporter], list[Row]]

MEASURES: dict[Kind, dict[str, Measure]] = {
    "classifier": {
        **dict.fromkeys(("accuracy", "confusion", "probability-gaps"), measure_classifier),
        "prediction-balance": measure_balance,
        "features": measure_features,
        "robustness": measure_robustness,
        "misclassification-rank": measure_misclassification_rank,
        "parameter-randomisation": measure_randomisation,
        "fairness": measure_fairness,
        "saturation": measure_saturation,
        "twin-similarity": measure_twins,
        "baseline-validity": measure_baselines,
    },
    "gan": {**dict.fromkeys(GAN_MEASURES, measure_gan), "samples": write_samples},
    "baseline-gan": {"baseline-validity": measure_generator},
    "cvae": {"elbo": measure_elbo, "interpolation": measure_interpolation},
    "recommender": dict.fromkeys(registry.RECOMMENDER_METRICS, measure_recommender),
    "attribution": {
        **dict.fromkeys(("insertion", "deletion"), measure_attributions),
        **dict.fromkeys(MAP_MEASURES, measure_maps),
    },
}
"""What measures each metric; metrics that one function measures share one pass over the data."""

COMPARISONS: dict[Kind, dict[str, Comparison]] = {"gan": {"convergence": compare_gans}}
"""What measures the metrics that see all artifacts of a kind together."""

UNASKED: dict[Kind, tuple[str, ...]] = {
    "classifier": ("accuracy", "confusion"),
    "gan": ("fid", "kid"),
    "baseline-gan": ("baseline-validity",),
    "cvae": ("elbo",),
    "recommender": tuple(registry.RECOMMENDER_METRICS),
    "attribution": ("insertion", "deletion"),
}
"""Measured where ``--metric`` is not given."""


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

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import xaitool
        >>> folder = tempfile.TemporaryDirectory()
        >>> out = Path(folder.name)
        >>> classifier = xaitool.TrainClassifierConfig(epochs=3, out=out / "classifier")
        >>> run = xaitool.train_classifier(classifier).run_dir
        >>> config = xaitool.EvaluateConfig(artifacts=(run,), metric=("accuracy",))
        >>> (row,) = xaitool.evaluate(config)
        >>> row["metric"], row["n"]
        ('accuracy', 359)
        >>> row["low"] < row["value"] < row["high"]  # of the 95 % interval
        True
        >>> folder.cleanup()
    """
    reporter = reporter or SilentReporter()
    runtime = Runtime.from_options(config)
    if not config.artifacts:
        raise ConfigError(
            "no artifacts are given, but a run, a checkpoint or an .h5 file is wanted"
        )
    kinds = [(path, artifact_kind(path)) for path in config.artifacts]
    runs = Counter(kind for path, kind in kinds if path.is_dir())
    wanted = [
        (path, kind, _metrics(config, path, kind, beside_others=path.is_dir() and runs[kind] > 1))
        for path, kind in kinds
    ]
    if config.dry_run:
        return {
            "command": "evaluate",
            "artifacts": [
                {"source": str(path), "kind": kind, "metrics": list(metrics)}
                for path, kind, metrics in wanted
            ],
        }
    runtime.announce(reporter)
    context = Context(config, runtime, reporter)
    compared = list(_compared(wanted, config, reporter))
    return compared + [
        row
        for path, kind, metrics in wanted
        for measure, together in _grouped(kind, metrics)
        for row in measure(path, together, context)
    ]


def artifact_kind(path: Path) -> Kind:
    """What an artifact is.

    Raises:
        ArtifactError: It does not exist, is damaged, or is nothing that is measured.
    """
    if path.suffix in (".h5", ".hdf5", ".partial"):
        with AttributionFile(path):
            return "attribution"
    is_program = path.suffix == ".pt2" and not path.is_dir()
    if is_program or (not path.exists() and ":" in str(path)):
        return "classifier"  # or torchvision:NAME, package.module:factory
    kind = load_checkpoint(path, kind=None)["kind"]
    if kind not in MEASURES:
        raise ArtifactError(
            f"{path} is of kind '{kind}', but what is measured is: {', '.join(MEASURES)}"
        )
    return kind  # type: ignore[no-any-return]


def _compared(
    wanted: Sequence[tuple[Path, Kind, tuple[str, ...]]], config: EvaluateConfig, reporter: Reporter
) -> Iterator[Row]:
    for kind, comparisons in COMPARISONS.items():
        for metric, compare in comparisons.items():
            if paths := [
                path for path, own, metrics in wanted if own == kind and metric in metrics
            ]:
                yield from compare(paths, config, reporter)


def _grouped(kind: Kind, metrics: tuple[str, ...]) -> Iterator[tuple[Measure, tuple[str, ...]]]:
    """Each function that measures some of the metrics, with those that it measures."""
    measures = {metric: MEASURES[kind][metric] for metric in metrics if metric in MEASURES[kind]}
    for measure in dict.fromkeys(measures.values()):
        yield measure, tuple(metric for metric, own in measures.items() if own is measure)


def _metrics(
    config: EvaluateConfig, path: Path, kind: Kind, *, beside_others: bool
) -> tuple[str, ...]:
    """What is measured of an artifact; runs of a kind that has comparisons are compared unasked."""
    comparisons = COMPARISONS.get(kind, {})
    known = [*MEASURES[kind], *comparisons]
    for metric in config.metric:
        if metric not in known:
            raise ConfigError(
                f"metric '{metric}' does not measure {path}, which is of kind '{kind}'",
                hint=f"for it there are: {', '.join(known)}",
            )
    return config.metric or (*UNASKED[kind], *(comparisons if beside_others else ()))
