"""The network that a training starts from: a new one, or torchvision's with a new last layer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from xaitool.core.models.classifiers import torchvision_models
from xaitool.core.models.classifiers.build import build_classifier
from xaitool.data.dataset import ImageDataset
from xaitool.data.statistics import channel_statistics
from xaitool.errors import ModelError
from xaitool.io.provenance import file_sha256
from xaitool.io.stored_weights import read_weights
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.models.checkpoint import Construction


@dataclass(frozen=True)
class StartingNetwork:
    """A network with its first weights.

    Attributes:
        model: Images ``(N, C, H, W)`` in [0, 1] to logits.
        construction: How it is built.
    """

    model: nn.Module
    construction: Construction


def start_of(
    config: TrainClassifierConfig, dataset: ImageDataset, train: Tensor
) -> StartingNetwork:
    """Build what the options name.

    Images are normalised by the statistics of the training images, or, for ImageNet weights, by
    those that the weights were trained with; for grey images by the means of these over the
    colours.

    Args:
        config: The options.
        dataset: The images.
        train: Indices of the training images, int64 ``(n,)``.

    Raises:
        UnknownNameError: There is no such architecture.
        ModelError: Images or weights do not fit, or the architecture has no backbone.
    """
    weights = _weights(config)
    if weights is None:
        mean, deviation = channel_statistics(dataset, train)
    else:
        mean, deviation = _imagenet_statistics(config, dataset.shape[0])
    transfer: dict[str, Any] = {}
    if weights is not None or config.head is not None:
        transfer = {
            "transfer": True,
            "head": config.head,
            "freeze_backbone": config.freeze_backbone,
        }
    model = build_classifier(
        config.architecture,
        shape=dataset.shape,
        classes=len(dataset.classes),
        mean=mean,
        standard_deviation=deviation,
        weights=weights,
        **transfer,
    )
    construction = Construction(
        architecture=config.architecture,
        mean=mean,
        standard_deviation=deviation,
        transfer=transfer,
        weights_sha256=_file_sha256(config),
    )
    return StartingNetwork(model, construction)


def _weights(config: TrainClassifierConfig) -> dict[str, Tensor] | None:
    if config.weights is None and not config.freeze_backbone:
        return None
    name = _torchvision_name(config)
    if config.weights in (None, "torchvision"):
        return torchvision_models.download_weights(name)
    return read_weights(Path(str(config.weights)))


def _file_sha256(config: TrainClassifierConfig) -> str | None:
    if config.weights in (None, "torchvision"):
        return None
    return file_sha256(Path(str(config.weights)))


def _imagenet_statistics(
    config: TrainClassifierConfig, channels: int
) -> tuple[list[float], list[float]]:
    facts = torchvision_models.preprocessing(_torchvision_name(config))
    both = list(facts.mean), list(facts.standard_deviation)
    if channels == 1:
        return [sum(both[0]) / 3], [sum(both[1]) / 3]
    return both


def _torchvision_name(config: TrainClassifierConfig) -> str:
    name = config.architecture.removeprefix("torchvision:")
    if name not in torchvision_models.names():
        raise ModelError(
            f"architecture {config.architecture} is trained as a whole, but --weights and "
            "--freeze-backbone want one of torchvision's",
            hint="--architecture mobilenet_v2",
        )
    return name
