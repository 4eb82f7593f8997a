"""A counterfactual generator: its checkpoint, and whether it fits its use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, cast

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from xaitool import registry
from xaitool.core.models.counterfactuals.stargan import CounterfactualGenerator, StarGANGenerator
from xaitool.data.class_names import few_names
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ArtifactError, ModelError
from xaitool.io.checkpoints import checkpoint_path, file_sha256, load_checkpoint
from xaitool.io.damage import damage_as_error
from xaitool.io.plain import Count, Option, Positive, Shape
from xaitool.io.stored_weights import rebuilt
from xaitool.workflows.configs.model import INPUT_OPTIONS
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.datasets import data_record
from xaitool.workflows.models.input import shape_text
from xaitool.workflows.models.recorded import RecordedModel
from xaitool.workflows.runs.runtime import Runtime

KIND = "baseline-gan"


class _Architecture(TypedDict):
    width: Positive
    blocks: Count


class _State(TypedDict):
    generator: dict[str, Tensor]
    average: dict[str, Tensor] | None


class SavedGenerator(TypedDict):
    """What of a generator's checkpoint makes the generator."""

    generator: str
    architecture: _Architecture
    shape: Shape
    classes: list[str]
    classifier: str | None
    classifier_sha256: str | None
    dataset: str
    config: dict[str, Option]
    state: _State


@dataclass(frozen=True)
class LoadedGenerator:
    """A trained counterfactual generator and what is known about it.

    Attributes:
        model: From images ``(N, C, H, W)`` in [0, 1] and target classes, int64 ``(N,)``, to
            such images; in eval mode, frozen. With a running mean of its weights, that mean.
        kind: How it was trained: ``ganmex`` or ``standalone``.
        shape: ``(C, H, W)`` of its images.
        classes: Names of the target classes.
        classifier: The classifier that it was trained or measured against, as ``--classifier``
            named it, or None.
        classifier_sha256: As `Classifier.sha256`, or None.
        dataset: The training data.
        config: The options of its training, as plain values.
        path: The checkpoint.
        sha256: Of that file.
    """

    model: nn.Module
    kind: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    classifier: str | None
    classifier_sha256: str | None
    dataset: str
    config: dict[str, Any]
    path: Path
    sha256: str


def describe(
    config: TrainBaselineGanConfig, dataset: ImageDataset, classifier: Classifier | None
) -> dict[str, Any]:
    """What a generator's checkpoint says beside options, position and state."""
    return {
        "generator": config.generator_kind,
        "architecture": {"width": config.width, "blocks": config.blocks},
        "shape": list(dataset.shape),
        "classes": list(dataset.classes),
        "classifier": None if classifier is None else classifier.source,
        "classifier_sha256": None if classifier is None else classifier.sha256,
        "dataset": dataset.name,
        **data_record(dataset),
    }


def load_generator(path: Path, runtime: Runtime) -> LoadedGenerator:
    """Load a generator.

    Args:
        path: A checkpoint or run of ``train-baseline-gan``.
        runtime: Where it computes.

    Raises:
        ArtifactError: It is absent, damaged, of another kind or version.
    """
    path = checkpoint_path(path)
    checkpoint = load_checkpoint(path, kind=KIND, schema=SavedGenerator)
    with damage_as_error(path):
        kind = checkpoint["generator"]
        if kind not in registry.names("generator"):
            raise ArtifactError(
                f"checkpoint {path} has the generator '{kind}', but one of "
                f"{', '.join(registry.names('generator'))} is wanted"
            )
        return LoadedGenerator(
            model=runtime.place(_rebuilt(checkpoint, path)).eval().requires_grad_(False),
            kind=kind,
            shape=tuple(checkpoint["shape"]),
            classes=tuple(checkpoint["classes"]),
            classifier=checkpoint["classifier"],
            classifier_sha256=checkpoint["classifier_sha256"],
            dataset=checkpoint["dataset"],
            config=checkpoint["config"],
            path=path,
            sha256=file_sha256(path),
        )


def recorded_classifier(found: LoadedGenerator) -> RecordedModel:
    """The classifier that a generator with one was trained or measured against.

    Raises:
        ArtifactError: The checkpoint does not say how it was read.
    """
    with damage_as_error(found.path):
        return RecordedModel(
            source=str(found.classifier),
            weights=None if (weights := found.config["weights"]) is None else Path(weights),
            options={name: found.config[name] for name in INPUT_OPTIONS},
            sha256=str(found.classifier_sha256),
            file=found.path,
            role="classifier",
            made="trained",
        )


def build_generator(
    kind: str, shape: tuple[int, int, int], classes: int, architecture: dict[str, Any]
) -> StarGANGenerator:
    """A registered generator with random weights, in its own range.

    Args:
        kind: Its registered name.
        shape: ``(C, H, W)`` of the images.
        classes: Target classes.
        architecture: Its options.
    """
    network: StarGANGenerator = registry.load("generator", kind)(shape, classes, **architecture)
    return network


def _rebuilt(checkpoint: dict[str, Any], path: Path) -> nn.Module:
    def make() -> StarGANGenerator:
        return build_generator(
            checkpoint["generator"],
            tuple(checkpoint["shape"]),
            len(checkpoint["classes"]),
            checkpoint["architecture"],
        )

    state, where = checkpoint["state"], f"checkpoint {path}"
    if state["average"] is None:
        return CounterfactualGenerator(rebuilt(make, state["generator"], where))
    averaged = rebuilt(lambda: AveragedModel(make()), state["average"], where)
    return CounterfactualGenerator(cast("StarGANGenerator", averaged.module))


def check_generator(
    loaded: LoadedGenerator, classifier: Classifier, runtime: Runtime
) -> tuple[str, ...]:
    """Refuse a generator of other images or classes.

    Returns:
        What people should know: that it was trained against another classifier.

    Raises:
        ModelError: It does not fit.
    """
    check_shape(loaded, classifier.input.shape)
    if not _same_classifier(loaded, classifier):
        # The same classifier may have been given prettier names.
        _check_names(loaded, classifier)
    check_count(loaded, classifier.class_count(loaded.shape, runtime))
    if loaded.kind != "ganmex" or _same_classifier(loaded, classifier):
        return ()
    return (
        f"generator {loaded.path} was trained against another classifier than {classifier.source}",
    )


def check_shape(loaded: LoadedGenerator, shape: tuple[int, ...]) -> None:
    """Refuse a generator of images of another shape ``(C, H, W)``.

    Raises:
        ModelError: It is one.
    """
    if loaded.shape != shape:
        raise ModelError(
            f"generator {loaded.path} makes images {shape_text(loaded.shape)}, but the model takes "
            f"{shape_text(shape)}"
        )


def check_count(loaded: LoadedGenerator, classes: int) -> None:
    """Refuse a generator of more or fewer classes.

    Raises:
        ModelError: It is one.
    """
    if len(loaded.classes) != classes:
        raise ModelError(
            f"generator {loaded.path} knows {len(loaded.classes)} classes, but the model tells "
            f"{classes} apart"
        )


def _check_names(loaded: LoadedGenerator, classifier: Classifier) -> None:
    if classifier.classes and classifier.classes != loaded.classes:
        raise ModelError(
            f"generator {loaded.path} has the classes {few_names(loaded.classes)}, but "
            f"{classifier.source} was trained on {few_names(classifier.classes)}"
        )


def _same_classifier(loaded: LoadedGenerator, classifier: Classifier) -> bool:
    return loaded.classifier_sha256 == classifier.sha256
