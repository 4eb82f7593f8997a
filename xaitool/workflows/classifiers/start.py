"""The network that a training starts from: new, with a new last layer, or a user's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from xaitool.core.frozen.users_model import UsersClassifier
from xaitool.core.models.classifiers import torchvision_models
from xaitool.core.models.classifiers.build import build_classifier, check_architecture
from xaitool.core.models.classifiers.torchvision_models import Weights
from xaitool.core.score import are_probabilities
from xaitool.data.dataset import ImageDataset
from xaitool.data.statistics import channel_statistics
from xaitool.errors import ModelError
from xaitool.io.provenance import file_sha256
from xaitool.io.weight_files import fill
from xaitool.options import can_name_code
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.models.checkpoint import Construction
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.factory import class_argument
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.models.own_network import guarded_classifier, normalised, own_network
from xaitool.workflows.models.torchvision_weights import torchvision_weights


@dataclass(frozen=True)
class StartingNetwork:
    """A network with its first weights.

    Attributes:
        model: Images ``(N, C, H, W)`` in [0, 1] to logits; a `UsersClassifier` where it is the
            user's own.
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
    colours. A user's own network normalises for itself, unless its ``pretrained_cfg`` says how.

    Args:
        config: The options.
        dataset: The images.
        train: Indices of the training images, int64 ``(n,)``.

    Raises:
        UnknownNameError: There is no such architecture.
        ModelError: Images or weights do not fit, the architecture has no backbone, or a user's own
            network cannot be trained on these images.
    """
    if can_name_code(config.architecture):
        return _own(config, dataset)
    weights = _weights(config, dataset)
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


def _own(config: TrainClassifierConfig, dataset: ImageDataset) -> StartingNetwork:
    """The network of a user's factory, as it is explained, too."""
    if config.head is not None or config.freeze_backbone or config.weights == "torchvision":
        _torchvision_name(config)  # refuses
    network, stated = own_network(config.architecture)
    if config.weights is not None:
        fill(network, Path(config.weights))
    whole = normalised(network, stated)
    _check_trainable(config.architecture, whole)
    model = guarded_classifier(whole, config.architecture)
    seen = stated or ModelInput.unknown(dataset.shape[0])
    _check_logits(model, config.architecture, seen, dataset)
    construction = Construction(
        architecture=config.architecture,
        mean=list(seen.mean),
        standard_deviation=list(seen.standard_deviation),
        transfer={},
        weights_sha256=_file_sha256(config),
        normalised=stated is not None,
    )
    return StartingNetwork(model, construction)


def _check_trainable(source: str, network: nn.Module) -> None:
    if not any(weights.requires_grad for weights in network.parameters()):
        raise ModelError(f"architecture {source} has no weights that can be trained")
    for name, value in network.state_dict().items():
        if not isinstance(value, Tensor):
            raise ModelError(
                f"architecture {source} keeps '{name}', a {type(value).__name__}, in its state, "
                "but tensors alone are saved"
            )


def _check_logits(
    model: UsersClassifier, source: str, seen: ModelInput, dataset: ImageDataset
) -> None:
    """Try it on an image, in eval mode so that nothing in it changes."""
    trial = Classifier(model.eval(), source, None, "", seen, ())
    logits = trial.tried(dataset.images([0]).cpu())
    if logits.shape[1] != len(dataset.classes):
        raise ModelError(
            f"architecture {source} returns {logits.shape[1]} logits, but dataset {dataset.name} "
            f"has {len(dataset.classes)} classes",
            hint=_with_classes(source, len(dataset.classes)),
        )
    if are_probabilities(logits):
        raise ModelError(
            f"architecture {source} returns probabilities, but logits are wanted",
            hint="remove its softmax",
        )


def _with_classes(source: str, count: int) -> str | None:
    """How a factory is told the number of classes, where it takes one."""
    name = class_argument(source)
    if name is None:
        return None
    place = source.partition("(")[0]
    return f"the factory's argument {name} says how many: --architecture '{place}({name}={count})'"


def check_start(config: TrainClassifierConfig) -> None:
    """Refuse what `start_of` would refuse by names and places alone; nothing is loaded.

    Raises:
        UnknownNameError: There is no such architecture.
        ModelError: The file of weights is not there, or the architecture has no backbone.
    """
    own = can_name_code(config.architecture)
    if not own:
        check_architecture(config.architecture)
    if config.freeze_backbone or (config.weights is not None and not own):
        _torchvision_name(config)
    file = _weights_file(config)
    if file is not None and not file.is_file():
        raise ModelError(f"weights '{file}' are no file, but a state dict is wanted")


def _weights(config: TrainClassifierConfig, dataset: ImageDataset) -> Weights | None:
    """Those to begin with; torchvision's own once all else fits."""
    if config.weights is None and not config.freeze_backbone:
        return None
    name, file = _torchvision_name(config), _weights_file(config)
    if file is None:
        return partial(torchvision_models.download_weights, name)
    return torchvision_weights(name, file, dataset.shape)


def _weights_file(config: TrainClassifierConfig) -> Path | None:
    return None if config.weights in (None, "torchvision") else Path(str(config.weights))


def _file_sha256(config: TrainClassifierConfig) -> str | None:
    file = _weights_file(config)
    return None if file is None else file_sha256(file)


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
