"""A classifier's checkpoint: what a training writes into it, and the classifier that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, NotRequired, TypedDict

from torch import Tensor, nn

from xaitool.core.frozen.untouched import in_eval_mode
from xaitool.core.models.classifiers.build import build_classifier
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ArtifactError, ConfigError, ModelError
from xaitool.io.checkpoints import checkpoint_path, file_sha256, load_checkpoint
from xaitool.io.damage import damage_as_error, reason
from xaitool.io.plain import Finite, Positive, Shape
from xaitool.io.stored_weights import rebuilt
from xaitool.options import can_name_code
from xaitool.workflows.models.classifier import Classifier, fast
from xaitool.workflows.models.datasets import data_record
from xaitool.workflows.models.exported_program import as_model
from xaitool.workflows.models.factory import make_model
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.models.own_network import guarded_classifier, normalised
from xaitool.workflows.runs.runtime import Runtime

KIND = "classifier"


class _Training(TypedDict):
    dataset: str
    classes: list[str] | None
    label: NotRequired[str | None]


class _Transfer(TypedDict):
    transfer: bool
    head: Positive | None
    freeze_backbone: bool


class _State(TypedDict):
    model: dict[str, Tensor]


class SavedClassifier(TypedDict):
    """What of a classifier's checkpoint makes the classifier."""

    architecture: str
    shape: Shape
    classes: list[str]
    mean: list[Finite]
    standard_deviation: list[Finite]
    transfer: NotRequired[_Transfer]
    normalised: NotRequired[bool]
    config: _Training
    state: _State


@dataclass(frozen=True)
class Construction:
    """How a classifier's network is built.

    Attributes:
        architecture: Its registered name, one of torchvision's, or a user's own factory.
        mean: Of its normalisation, one a channel, in pixel units of [0, 1].
        standard_deviation: Same.
        transfer: Further options of `build_classifier`, of a network with a new last layer.
        weights_sha256: Of the file of its first weights; None: there was none.
        normalised: Of a user's own network: whether normalisation is put before it.
    """

    architecture: str
    mean: list[float]
    standard_deviation: list[float]
    transfer: dict[str, Any]
    weights_sha256: str | None
    normalised: bool | None = None


def describe(
    construction: Construction,
    dataset: ImageDataset,
    *,
    augmented: bool = False,
    cvae_sha256: str | None = None,
) -> dict[str, Any]:
    """What a classifier's checkpoint says beside options, position and state.

    Args:
        construction: How its network is built.
        dataset: The training data.
        augmented: Whether it is trained with counterfactuals.
        cvae_sha256: Of the checkpoint of the CVAE that makes them; None: none does.
    """
    weights_sha256 = construction.weights_sha256
    return {
        "architecture": construction.architecture,
        "mean": construction.mean,
        "standard_deviation": construction.standard_deviation,
        **({"transfer": construction.transfer} if construction.transfer else {}),
        **({} if weights_sha256 is None else {"weights_sha256": weights_sha256}),
        **({} if construction.normalised is None else {"normalised": construction.normalised}),
        "shape": list(dataset.shape),
        "classes": list(dataset.classes),
        **data_record(dataset),
        **({"cvae_sha256": cvae_sha256} if augmented else {}),
    }


def load_saved(
    source: str, runtime: Runtime, factory: str | None = None, *, several: bool = False
) -> Classifier:
    """Load a classifier from a checkpoint.

    Args:
        source: A checkpoint or run of ``train-classifier``.
        runtime: Where it computes.
        factory: What makes the network of one that was trained on a user's own, as this command's
            ``--architecture`` names it. A file alone never makes code load.
        several: Whether the factory may be for other checkpoints.

    Raises:
        ArtifactError: It is absent, damaged, of another kind or version, or wants a factory.
        ConfigError: It wants none.
        ModelError: The factory's network does not fit the weights.
    """
    path = checkpoint_path(Path(source))
    checkpoint = load_checkpoint(path, kind=KIND, schema=SavedClassifier)
    own = can_name_code(checkpoint["architecture"])
    if not (several and not own):
        _check_factory(checkpoint["architecture"], factory, path)
    with damage_as_error(path):
        channels, side, _ = checkpoint["shape"]
        seen = ModelInput(
            channels=channels,
            resize=side,
            crop=side,
            interpolation="bilinear",
            mean=tuple(checkpoint["mean"]),
            standard_deviation=tuple(checkpoint["standard_deviation"]),
        )
        if factory is None or not own:
            model = fast(runtime.place(_rebuilt(checkpoint, path)))
        else:
            model = _remade(checkpoint, path, factory, seen, runtime)
        return Classifier(
            model=model,
            source=source,
            weights=None,
            sha256=file_sha256(path),
            input=seen,
            classes=tuple(checkpoint["classes"]),
            dataset=checkpoint["config"]["dataset"],
            dataset_classes=checkpoint["config"]["classes"],
            training=checkpoint["config"],
        )


def _rebuilt(checkpoint: dict[str, Any], path: Path) -> nn.Module:
    def make() -> nn.Module:
        return build_classifier(
            checkpoint["architecture"],
            shape=tuple(checkpoint["shape"]),
            classes=len(checkpoint["classes"]),
            mean=checkpoint["mean"],
            standard_deviation=checkpoint["standard_deviation"],
            **checkpoint.get("transfer", {}),
        )

    return rebuilt(make, checkpoint["state"]["model"], f"checkpoint {path}")


def _check_factory(architecture: str, given: str | None, path: Path) -> None:
    """Refuse code that only a file names, and code for which there is no use."""
    if can_name_code(architecture) and given is None:
        raise ArtifactError(
            f"the network of {path} was made by {architecture!r}, but code is loaded only where "
            "--architecture names it",
            hint=f"if you trust it, type --architecture {quote(architecture)}, in explain, "
            "evaluate and train-baseline-gan",
        )
    if not can_name_code(architecture) and given is not None:
        raise ConfigError(
            f"--architecture is '{given}', but the network of {path} is {architecture}",
            hint="leave --architecture out",
        )


def _remade(
    checkpoint: dict[str, Any], path: Path, factory: str, seen: ModelInput, runtime: Runtime
) -> nn.Module:
    """A user's own network, from the factory that this command line names."""
    network = as_model(make_model(factory))
    network = normalised(network, seen if checkpoint.get("normalised") else None)
    try:
        network.load_state_dict(checkpoint["state"]["model"])
    except RuntimeError as error:
        raise ModelError(
            f"the network of {factory} does not fit the weights of {path} ({reason(error)}), but "
            "the one that was trained is wanted"
        ) from error
    return guarded_classifier(in_eval_mode(runtime.place(network)), factory)
