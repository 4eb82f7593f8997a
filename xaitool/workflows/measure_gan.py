"""How close a GAN's images are to real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import nn

from xaitool import registry
from xaitool.data.dataset import ImageDataset
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError, DataError
from xaitool.io.checkpoints import load_checkpoint
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.damage import damage_as_error
from xaitool.workflows.feature_network import FeatureNetwork, feature_network
from xaitool.workflows.generated_images import Distances, RealFeatures, noise
from xaitool.workflows.progress import Reporter
from xaitool.workflows.runtime import Runtime


def measure_gan(
    path: Path,
    metrics: tuple[str, ...],
    config: EvaluateConfig,
    runtime: Runtime,
    reporter: Reporter,
) -> Iterator[dict[str, Any]]:
    """Rows of a GAN, against the dataset that the options name, else that of its training.

    Args:
        path: Its checkpoint or run.
        metrics: ``fid`` and ``kid``, or one of them.
        config: The options.
        runtime: Where it computes.
        reporter: Told how it goes.

    Raises:
        InputError: The checkpoint or the dataset does not fit.
    """
    count = min(config.samples, config.limit or config.samples)
    if count < 2:
        raise ConfigError(f"--limit is {count}, but FID and KID want at least 2 images")
    checkpoint = load_checkpoint(path, kind="gan")
    with damage_as_error(path):
        generator = runtime.place(_generator(checkpoint))
    network = _feature_network(path, checkpoint, config, runtime, reporter)
    real = RealFeatures(network, _real(checkpoint, config), count, config.seed, runtime.device)
    like = next(generator.parameters())
    latent = noise(count, checkpoint["latent"], config.seed, "evaluate", like=like)
    distances = real.distances(generator, latent, subsets=config.kid_subsets)
    for metric in metrics:
        yield {
            "metric": metric,
            **_value(metric, distances),
            "n": distances.generated,
            "source": str(path),
            "real": distances.real,
            "features": f"lenet5:{network.sha256[:12]}",
        }


def _generator(checkpoint: dict[str, Any]) -> nn.Module:
    gan = registry.load("gan", checkpoint["architecture"])(
        tuple(checkpoint["shape"]), latent=checkpoint["latent"]
    )
    gan.generator.load_state_dict(checkpoint["state"]["generator"])
    generator: nn.Module = gan.generator
    return generator


def _value(metric: str, distances: Distances) -> dict[str, Any]:
    if metric == "fid":
        return {"value": distances.fid, "std": None}
    return {"value": distances.kid.mean, "std": distances.kid.standard_deviation}


def _feature_network(
    path: Path,
    checkpoint: dict[str, Any],
    config: EvaluateConfig,
    runtime: Runtime,
    reporter: Reporter,
) -> FeatureNetwork:
    with damage_as_error(path):
        trained_on, image_size = _training(checkpoint, "dataset", "image_size")
    network = feature_network(
        trained_on,
        image_size=image_size,
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
    return network


def _real(checkpoint: dict[str, Any], config: EvaluateConfig) -> ImageDataset:
    trained_on, classes = _training(checkpoint, "dataset", "classes")
    name = config.dataset or trained_on
    channels, height, _ = checkpoint["shape"]
    return load_dataset(
        name,
        "train" if config.split == "train" else "test",
        data_dir=config.data_dir,
        classes=classes if name == trained_on else None,
        image_size=height,
        channels=channels,
        workers=config.workers,
    )


def _training(checkpoint: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(checkpoint["config"][name] for name in names)
