"""How close a GAN's images are to real ones, and how varied."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xaitool.core.models.gans.images import noise
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError, DataError
from xaitool.io.damage import damage_as_error
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.features.source import ImageFeatures, feature_source
from xaitool.workflows.gans.judge import GanJudge
from xaitool.workflows.gans.networks import load_gan
from xaitool.workflows.models.datasets import loaded
from xaitool.workflows.runs.context import Context


def measure_gan(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[dict[str, Any]]:
    """Rows of a GAN, against the dataset that the options name, else that of its training.

    Args:
        path: Its checkpoint or run; the running mean of its weights is used where there is one.
        metrics: Some of `figure_names`, by one judgement, see `GanJudge`.
        context: The options, where it computes, and whom it tells.

    Yields:
        ``value``, None where it is not defined, such as the class coverage under a network that
        does not know the classes; ``std`` of KID over its subsets, None where there is one, and of
        other metrics; ``n`` and ``real``, how many images are compared; ``features``, the network
        and the start of its hash: figures of different ones do not compare.

    Raises:
        InputError: The checkpoint, the dataset or the feature network does not fit.
    """
    config = context.config
    count = min(config.samples, config.limit or config.samples)
    if count < 2:
        raise ConfigError(f"--limit is {count}, but FID and KID want at least 2 images")
    generator, checkpoint = load_gan(path, config.generator, context.runtime)
    network = _features(path, checkpoint, context)
    judge = GanJudge(network, _real(checkpoint, config), count, config.seed, context.runtime.device)
    like = next(generator.parameters())
    latent = noise(count, checkpoint["latent"], config.seed, "evaluate", like=like)
    figures = judge.judge(generator, latent, kid_subsets=config.kid_subsets)
    for metric in metrics:
        yield {
            "metric": metric,
            "value": _defined(figures, metric.replace("-", "_")),
            # A spread of 0 is of one subset, which has none.
            "std": _defined(figures, f"{metric}_std") or None,
            "n": count,
            "source": str(path),
            "real": judge.real_count,
            "features": f"{network.name}:{network.sha256[:12]}",
        }


def _defined(figures: Mapping[str, float], key: str) -> float | None:
    value = figures.get(key)
    return None if value is None or math.isnan(value) else value


def _features(
    path: Path,
    checkpoint: dict[str, Any],
    context: Context[EvaluateConfig],
) -> ImageFeatures:
    config = context.config
    with damage_as_error(path):
        trained_on, image_size = _training(checkpoint, "dataset", "image_size")
        recorded = checkpoint["config"]["features"]
    network = feature_source(
        config.features or recorded,
        trained_on,
        image_size=image_size,
        data_dir=config.data_dir,
        workers=config.workers,
        runtime=context.runtime,
        reporter=context.reporter,
        options=config,
        allow_code=config.features is not None,
    )
    if network is None:
        raise DataError(
            f"{path} was trained on one class without labels, but FID and KID need a feature "
            "network, which is trained on two classes or more",
            hint="--features MODEL",
        )
    return network


def _real(checkpoint: dict[str, Any], config: EvaluateConfig) -> ImageDataset:
    trained_on, classes = _training(checkpoint, "dataset", "classes")
    name = config.dataset or trained_on
    is_training_data = name == trained_on
    channels, height, _ = checkpoint["shape"]
    return loaded(
        name,
        "train" if config.split == "train" else "test",
        config,
        label=checkpoint["config"].get("label") if is_training_data else None,
        classes=classes if is_training_data else None,
        image_size=height,
        channels=channels,
    )


def _training(checkpoint: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(checkpoint["config"][name] for name in names)
