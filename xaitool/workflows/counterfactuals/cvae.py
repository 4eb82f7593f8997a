"""A conditional variational autoencoder: its checkpoint, and whether it fits its use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from torch import Tensor

from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ModelError
from xaitool.io.checkpoints import checkpoint_path, file_sha256, load_checkpoint
from xaitool.io.damage import damage_as_error
from xaitool.io.plain import Option, Positive, Shape
from xaitool.io.stored_weights import rebuilt
from xaitool.workflows.models.datasets import data_record
from xaitool.workflows.runs.runtime import Runtime

KIND = "cvae"


class _Architecture(TypedDict):
    latent: Positive
    network: str
    blind: NotRequired[bool]
    labelled: NotRequired[bool]


class _State(TypedDict):
    model: dict[str, Tensor]


class SavedCvae(TypedDict):
    """What of an autoencoder's checkpoint makes the autoencoder."""

    architecture: _Architecture
    shape: Shape
    classes: list[str]
    sensitive: dict[str, list[str]]
    dataset: str
    config: dict[str, Option]
    state: _State


@dataclass(frozen=True)
class LoadedCvae:
    """A trained autoencoder and what is known about it.

    Attributes:
        model: In eval mode, frozen.
        shape: ``(C, H, W)`` of its images.
        classes: Names of its labels.
        sensitive: Names of the values of each sensitive attribute, by its name, in their order.
        dataset: The training data.
        config: The options of its training, as plain values.
        path: The checkpoint.
        sha256: Of that file.
    """

    model: Cvae
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    sensitive: dict[str, tuple[str, ...]]
    dataset: str
    config: dict[str, Any]
    path: Path
    sha256: str


def describe(architecture: dict[str, Any], dataset: ImageDataset) -> dict[str, Any]:
    """What an autoencoder's checkpoint says beside options, position and state.

    Args:
        architecture: The options of its `Cvae`.
        dataset: The training data.
    """
    return {
        "generator": KIND,
        "architecture": architecture,
        "shape": list(dataset.shape),
        "classes": list(dataset.classes),
        "sensitive": {name: list(names) for name, names in dataset.sensitive_names.items()},
        "dataset": dataset.name,
        **data_record(dataset),
    }


def load_cvae(path: Path, runtime: Runtime) -> LoadedCvae:
    """Load an autoencoder.

    Args:
        path: A checkpoint or run of ``train-baseline-gan --generator-kind cvae``.
        runtime: Where it computes.

    Raises:
        ArtifactError: It is absent, damaged, of another kind or version.
    """
    path = checkpoint_path(path)
    checkpoint = load_checkpoint(path, kind=KIND, schema=SavedCvae)
    with damage_as_error(path):
        shape = tuple(checkpoint["shape"])
        classes = tuple(checkpoint["classes"])
        sensitive = {name: tuple(names) for name, names in checkpoint["sensitive"].items()}
        values = [len(names) for names in sensitive.values()]
        model = rebuilt(
            lambda: Cvae(shape, len(classes), values, **checkpoint["architecture"]),
            checkpoint["state"]["model"],
            f"checkpoint {path}",
        )
        runtime.place(model)
        return LoadedCvae(
            model=model.eval().requires_grad_(False),
            shape=shape,
            classes=classes,
            sensitive=sensitive,
            dataset=checkpoint["dataset"],
            config=checkpoint["config"],
            path=path,
            sha256=file_sha256(path),
        )


def check_cvae(
    cvae: LoadedCvae,
    *,
    shape: Sequence[int] | None = None,
    classes: Sequence[str] | None = None,
    sensitive: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Refuse an autoencoder of other images, labels or attributes.

    Args:
        cvae: What was loaded.
        shape: ``(C, H, W)`` of the images that it will see; None: not checked.
        classes: Names of the labels, in their order; None: not checked.
        sensitive: Names of the values of each sensitive attribute, by its name, in their order;
            None: not checked.

    Raises:
        ModelError: It was trained with others.
    """
    if shape is not None and tuple(shape) != cvae.shape:
        raise _other(cvae, f"images {cvae.shape}", f"{tuple(shape)}")
    if classes is not None and tuple(classes) != cvae.classes:
        raise _other(cvae, f"the labels {_listed(cvae.classes)}", _listed(classes))
    if sensitive is not None and _in_order(sensitive) != _in_order(cvae.sensitive):
        raise _other(cvae, f"the attributes {_values(cvae.sensitive)}", _values(sensitive))


def check_label_count(cvae: LoadedCvae, classes: int) -> None:
    """Refuse an autoencoder that knows more or fewer labels than a model has classes.

    Raises:
        ModelError: It does.
    """
    if len(cvae.classes) != classes:
        raise ModelError(
            f"CVAE {cvae.path} knows {len(cvae.classes)} labels, but the model tells {classes} "
            "classes apart"
        )


def _other(cvae: LoadedCvae, has: str, wanted: str) -> ModelError:
    return ModelError(f"CVAE {cvae.path} was trained for {has}, but {wanted} is wanted")


def _in_order(sensitive: Mapping[str, Sequence[str]]) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, tuple(names)) for name, names in sensitive.items()]


def _values(sensitive: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{name} ({_listed(names)})" for name, names in sensitive.items()) or "none"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:10])
    return f"{shown}, ..." if len(names) > 10 else shown
