"""``evaluate``: artifacts in, rows of metrics out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xaitool.errors import ArtifactError, ConfigError
from xaitool.io.attributions import AttributionFile
from xaitool.io.checkpoints import load_checkpoint
from xaitool.io.damage import damage_as_error
from xaitool.io.folders import near_file
from xaitool.options.unread import refuse_unread
from xaitool.registry import METRICS_OF, Metric, load_target
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.checks import check_before_work
from xaitool.workflows.evaluation.glimpse import named_kind
from xaitool.workflows.evaluation.pictures import Measured, write_pictures
from xaitool.workflows.evaluation.subjects import Subject
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.progress import Reporter, SilentReporter
from xaitool.workflows.runs.runtime import Runtime

Row = dict[str, Any]


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
    subjects = _subjects(config)
    refuse_unread(config, _unread(subjects))
    check_before_work(subjects, config)
    if config.dry_run:
        return {"command": "evaluate", "artifacts": [subject.plan() for subject in subjects]}
    runtime.announce(reporter)
    context = Context(config, runtime, reporter)
    compared = list(_compared(subjects, context))
    measured = list(_measured(subjects, context))
    write_pictures(measured, config, reporter)
    return [*compared, *(row for one in measured for row in one.rows)]


def _subjects(config: EvaluateConfig) -> list[Subject]:
    """All artifacts are looked at before any is measured."""
    if not config.artifacts:
        raise ConfigError(
            "no artifacts are given, but a run, a checkpoint or an .h5 file is wanted"
        )
    found = [(path, *artifact_kind(path)) for path in config.artifacts]
    runs = Counter(kind for path, kind, _ in found if path.is_dir())
    return [
        Subject(
            path,
            kind,
            _metrics(config, path, kind, several=path.is_dir() and runs[kind] > 1),
            classes,
        )
        for path, kind, classes in found
    ]


def artifact_kind(path: Path) -> tuple[str, tuple[str, ...]]:
    """What an artifact is, a key of `METRICS_OF`, and its classes' names where it says them.

    Raises:
        ArtifactError: It does not exist, is damaged, or is nothing that is measured.
    """
    if (named := named_kind(path)) is not None:
        if named == "attribution":
            AttributionFile(path).close()
        return named, ()
    if not path.exists():
        raise ArtifactError(
            f"{path} does not exist, but a run's folder, a checkpoint or an .h5 file is wanted",
            hint=near_file(path),
        )
    checkpoint = load_checkpoint(path, kind=None)
    kind: str = checkpoint["kind"]
    if kind not in METRICS_OF:
        raise ArtifactError(
            f"{path} is of kind '{kind}', but what is measured is: {', '.join(METRICS_OF)}"
        )
    with damage_as_error(path):
        return kind, tuple(checkpoint["classes"]) if kind == "classifier" else ()


def _metrics(config: EvaluateConfig, path: Path, kind: str, *, several: bool) -> dict[str, Metric]:
    """What is measured of an artifact, by name; of several runs unasked also how they compare."""
    known = METRICS_OF[kind]
    for name in config.metric:
        if name not in known:
            raise ConfigError(
                f"metric '{name}' does not measure {path}, which is of kind '{kind}'",
                hint=f"for it there are: {', '.join(known)}",
            )
    unasked = [
        name
        for name, metric in known.items()
        if metric.unasked and (several or not metric.compares)
    ]
    return {name: known[name] for name in config.metric or unasked}


def _unread(subjects: Sequence[Subject]) -> dict[str, str]:
    """Each option that none of the metrics reads, to the metrics that would."""
    asked = [metric for subject in subjects for metric in subject.metrics.values()]
    read = {name for metric in asked for name in metric.reads}
    own = [subject.kind for subject in subjects]
    readers: dict[str, dict[str, list[str]]] = {}
    for kind in sorted(METRICS_OF, key=lambda kind: kind not in own):
        for name, metric in METRICS_OF[kind].items():
            for unread in set(metric.reads) - read:
                readers.setdefault(unread, {}).setdefault(kind, []).append(name)
    return {name: _readers(of_kinds, own) for name, of_kinds in readers.items()}


def _readers(of_kinds: dict[str, list[str]], own: Sequence[str]) -> str:
    """Metrics of the artifacts that are given, else those of another kind."""
    kind, names = next(iter(of_kinds.items()))
    beside = "" if kind in own else f" of an artifact of kind '{kind}'"
    return f"--metric {', '.join(names)}{beside}"


def _compared(subjects: Sequence[Subject], context: Context[EvaluateConfig]) -> Iterator[Row]:
    """Rows of the metrics that see all artifacts of a kind."""
    paths: dict[str, list[Path]] = {}
    for subject in subjects:
        for metric in subject.metrics.values():
            if metric.compares:
                paths.setdefault(metric.target, []).append(subject.path)
    for target, together in paths.items():
        yield from load_target(target)(together, context)


def _measured(subjects: Sequence[Subject], context: Context[EvaluateConfig]) -> Iterator[Measured]:
    """Each artifact; metrics that one function measures share its pass over the data."""
    for subject in subjects:
        together: dict[str, list[str]] = {}
        for name, metric in subject.metrics.items():
            if not metric.compares:
                together.setdefault(metric.measure or metric.target, []).append(name)
        for measure, names in together.items():
            rows = load_target(measure)(subject.path, tuple(names), context)
            yield Measured(subject, tuple(names), list(rows))
