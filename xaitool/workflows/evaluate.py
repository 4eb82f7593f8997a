"""``evaluate``: artifacts in, rows of metrics out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import torch

from xaitool import registry
from xaitool.core.metrics.accuracy import Accuracy
from xaitool.core.metrics.confusion import Confusion
from xaitool.core.score import Score
from xaitool.data.dataset import ImageDataset
from xaitool.data.load import load_dataset
from xaitool.errors import ArtifactError, ConfigError, DataError, ModelError
from xaitool.io.attributions import AttributionFile
from xaitool.io.checkpoints import load_checkpoint
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.feature_network import feature_network
from xaitool.workflows.generated_images import RealFeatures, noise
from xaitool.workflows.model_source import Classifier, build_from_checkpoint, load_classifier
from xaitool.workflows.progress import Reporter, SilentReporter
from xaitool.workflows.runtime import Runtime

Row = dict[str, Any]
Kind = Literal["classifier", "gan", "attribution"]

METRICS: dict[str, tuple[str, ...]] = {
    "classifier": tuple(registry.CLASSIFIER_METRICS),
    "gan": tuple(registry.GAN_METRICS),
    "attribution": tuple(registry.ATTRIBUTION_METRICS),
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
    runtime = Runtime.from_options(config, reporter)
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
    measures: dict[str, Callable[..., Iterator[Row]]] = {
        "classifier": _classifier_rows,
        "gan": _gan_rows,
        "attribution": _attribution_rows,
    }
    return [
        row
        for path, kind, metrics in wanted
        for row in measures[kind](path, metrics, config, runtime, reporter)
    ]


def artifact_kind(path: Path) -> Kind:
    """What an artifact is: ``classifier``, ``gan`` or ``attribution``.

    Raises:
        ArtifactError: It does not exist, is damaged, or is nothing that is measured.
    """
    if (path.is_file() and path.suffix in (".h5", ".hdf5")) or path.suffix == ".partial":
        with AttributionFile(path):
            return "attribution"
    kind = load_checkpoint(path, kind=None)["kind"]
    if kind not in ("classifier", "gan"):
        raise ArtifactError(f"{path} is of kind '{kind}', but a classifier or a gan is measured")
    return kind  # type: ignore[no-any-return]


def _metrics(config: EvaluateConfig, path: Path, kind: Kind) -> tuple[str, ...]:
    for metric in config.metric:
        if metric not in METRICS[kind]:
            raise ConfigError(
                f"metric '{metric}' does not measure {path}, which is of kind '{kind}'",
                hint=f"for it there are: {', '.join(METRICS[kind])}",
            )
    return config.metric or METRICS[kind]


def _classifier_rows(
    path: Path,
    metrics: tuple[str, ...],
    config: EvaluateConfig,
    runtime: Runtime,
    reporter: Reporter,
) -> Iterator[Row]:
    checkpoint = load_checkpoint(path, kind="classifier")
    model = runtime.place(build_from_checkpoint(checkpoint)).eval()
    dataset = _dataset(checkpoint, config)
    if dataset.classes != tuple(checkpoint["classes"]):
        raise DataError(
            f"dataset {dataset.name} has classes {', '.join(dataset.classes[:5])}..., "
            f"but {path} was trained on {', '.join(checkpoint['classes'][:5])}..."
        )
    accuracy, confusion = Accuracy(), Confusion()
    samples = torch.arange(len(dataset))[: config.limit]
    with torch.no_grad(), reporter.task("evaluate", len(samples), "image") as task:
        pixels = math.prod(dataset.shape)
        for indices in samples.split(runtime.rows(pixels, config.batch_size)):
            logits = model(runtime.place(dataset.images(indices)))
            labels = dataset.labels[indices].to(logits.device)
            accuracy.update(logits, labels)
            confusion.update(logits, labels)
            task.advance(len(indices))
    common = {"n": len(samples), "source": str(path)}
    if "accuracy" in metrics:
        result = accuracy.compute()
        low, high = result.interval
        yield {"metric": "accuracy", "value": result.value, **common, "low": low, "high": high}
    if "confusion" in metrics:
        yield from _confusion_rows(confusion.compute().tolist(), dataset.classes, str(path))


def _confusion_rows(
    matrix: list[list[int]], classes: tuple[str, ...], source: str
) -> Iterator[Row]:
    """A row for every true class: its accuracy, and how often which class was predicted."""
    for index, counts in enumerate(matrix):
        total = sum(counts)
        predicted = {name: count for name, count in zip(classes, counts, strict=True) if count}
        yield {
            "metric": "confusion",
            "value": counts[index] / total if total else None,
            "n": total,
            "source": source,
            "label": classes[index],
            "predicted": predicted,
        }


def _gan_rows(
    path: Path,
    metrics: tuple[str, ...],
    config: EvaluateConfig,
    runtime: Runtime,
    reporter: Reporter,
) -> Iterator[Row]:
    checkpoint = load_checkpoint(path, kind="gan")
    options = checkpoint["config"]
    gan = registry.load("gan", checkpoint["architecture"])(
        tuple(checkpoint["shape"]), latent=checkpoint["latent"]
    )
    gan.generator.load_state_dict(checkpoint["state"]["generator"])
    generator = runtime.place(gan.generator)
    network = feature_network(
        options["dataset"],
        image_size=options["image_size"],
        data_dir=config.data_dir,
        workers=config.workers,
        device=runtime.device,
        reporter=reporter,
    )
    if network is None:
        raise DataError(
            f"{path} was trained on one class without labels, but FID and KID need a feature "
            "network, which is trained on two classes or more"
        )
    count = min(config.samples, config.limit or config.samples)
    real = RealFeatures(network, _dataset(checkpoint, config), count, config.seed, runtime.device)
    latent = noise(count, checkpoint["latent"], config.seed, "evaluate", like=_like(generator))
    distances = real.distances(generator, latent, subsets=config.kid_subsets)
    values = {
        "fid": (distances.fid, None),
        "kid": (distances.kid.mean, distances.kid.standard_deviation),
    }
    for metric in metrics:
        value, deviation = values[metric]
        yield {
            "metric": metric,
            "value": value,
            "n": distances.generated,
            "source": str(path),
            "std": deviation,
            "real": distances.real,
            "features": f"lenet5:{network.sha256[:12]}",
        }


def _like(network: torch.nn.Module) -> torch.Tensor:
    return next(network.parameters())


def _attribution_rows(
    path: Path,
    metrics: tuple[str, ...],
    config: EvaluateConfig,
    runtime: Runtime,
    reporter: Reporter,
) -> Iterator[Row]:
    with AttributionFile(path) as file:
        classifier = _judge(file, config, runtime)
        mean = runtime.place(torch.tensor(classifier.mean))
        count = min(len(file), config.limit or len(file))
        with reporter.task("evaluate", count * len(metrics), "image") as task:
            for metric in metrics:
                values = []
                for first in range(0, count, 16):
                    rows = file.read(slice(first, min(first + 16, count)))
                    against = None if (rows.against < 0).all() else rows.against.to(runtime.device)
                    curve = registry.load("metric", metric)(
                        classifier.model,
                        runtime.place(rows.input),
                        runtime.place(rows.attribution),
                        Score(rows.target.to(runtime.device), against, "probability"),
                        step=config.step,
                        rows=runtime.rows(rows.input[0].numel(), config.batch_size),
                        mean=mean,
                    )
                    values.append(curve.auc.cpu())
                    task.advance(len(rows))
                areas = torch.cat(values)
                yield {
                    "metric": metric,
                    "value": areas.mean().item(),
                    "n": count,
                    "source": str(path),
                    "std": areas.std(correction=0).item(),
                }


def _judge(file: AttributionFile, config: EvaluateConfig, runtime: Runtime) -> Classifier:
    """The model that the user names, else the one that the file names, checked by its hash."""
    if config.model is not None:
        return load_classifier(config.model, config.weights, runtime)
    attributes = file.attributes
    source, weights = attributes["model_source"], attributes["model_weights"]
    hint = "name the model with --model, and its weights with --weights"
    try:
        classifier = load_classifier(
            source, None if weights is None else Path(weights), runtime, allow_code=False
        )
    except (ModelError, ArtifactError) as error:
        raise ModelError(
            f"the model of {file.path} cannot be loaded: {error}", hint=hint
        ) from error
    if classifier.sha256 != attributes["model_sha256"]:
        raise ModelError(
            f"model {source} has changed since {file.path} was written, but the same is wanted",
            hint=hint,
        )
    return classifier


def _dataset(checkpoint: dict[str, Any], config: EvaluateConfig) -> ImageDataset:
    """The dataset that the options name, else the one of the training, in the model's shape."""
    options = checkpoint["config"]
    name = config.dataset or options["dataset"]
    channels, height, _ = checkpoint["shape"]
    return load_dataset(
        name,
        "train" if config.split == "train" else "test",
        data_dir=config.data_dir,
        classes=options["classes"] if name == options["dataset"] else None,
        image_size=height,
        channels=channels,
        workers=config.workers,
    )
