"""A classifier's checkpoint: what a training writes into it, and the classifier that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from torch import Tensor, nn

from xaitool.core.models.classifiers.build import build_classifier
from xaitool.data.dataset import ImageDataset
from xaitool.io.checkpoints import checkpoint_path, file_sha256, load_checkpoint
from xaitool.io.damage import damage_as_error
from xaitool.io.plain import Finite, Positive, Shape
from xaitool.io.stored_weights import rebuilt
from xaitool.workflows.models.classifier import Classifier, fast
from xaitool.workflows.models.input import ModelInput
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
    config: _Training
    state: _State


@dataclass(frozen=True)
class Construction:
    """How a classifier's network is built.

    Attributes:
        architecture: Its registered name.
        mean: Of its normalisation, one a channel, in pixel units of [0, 1].
        standard_deviation: Same.
        transfer: Further options of `build_classifier`, of a network with a new last layer.
        weights_sha256: Of the file of its first weights; None: there was none.
    """

    architecture: str
    mean: list[float]
    standard_deviation: list[float]
    transfer: dict[str, Any]
    weights_sha256: str | None


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
        "shape": list(dataset.shape),
        "classes": list(dataset.classes),
        "dataset_digest": dataset.digest,
        **({"cvae_sha256": cvae_sha256} if augmented else {}),
    }


def load_saved(source: str, runtime: Runtime) -> Classifier:
    """Load a classifier from a checkpoint.

    Args:
        source: A checkpoint or run of ``train-classifier``.
        runtime: Where it computes.

    Raises:
        ArtifactError: It is absent, damaged, of another kind or version.
    """
    path = checkpoint_path(Path(source))
    checkpoint = load_checkpoint(path, kind=KIND, schema=SavedClassifier)
    with damage_as_error(path):
        channels, side, _ = checkpoint["shape"]
        return Classifier(
            model=fast(runtime.place(_rebuilt(checkpoint, path))),
            source=source,
            weights=None,
            sha256=file_sha256(path),
            input=ModelInput(
                channels=channels,
                resize=side,
                crop=side,
                interpolation="bilinear",
                mean=tuple(checkpoint["mean"]),
                standard_deviation=tuple(checkpoint["standard_deviation"]),
            ),
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
