"""What GANs are judged by: a network that turns images into features, and perhaps into classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from xaitool.errors import ModelError
from xaitool.workflows.configs.model import ModelOptions
from xaitool.workflows.features.classifier import ClassifierFeatures
from xaitool.workflows.features.lenet import feature_network
from xaitool.workflows.models.source import known_facts, load_classifier
from xaitool.workflows.runs.progress import Reporter
from xaitool.workflows.runs.runtime import Runtime

INCEPTION_SIDE = 299


class ImageFeatures(Protocol):
    """A network whose features are compared.

    Attributes:
        name: What it is, for people.
        sha256: Of the network and of what it sees of an image: figures of different hashes do not
            compare.
        accuracy: Of its classes on test images; None where unknown.
        classes: Names of the classes of its logits; empty where unknown, or where it has none.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def sha256(self) -> str: ...  # noqa: D102

    @property
    def accuracy(self) -> float | None: ...  # noqa: D102

    @property
    def classes(self) -> tuple[str, ...]: ...  # noqa: D102

    def features(self, images: Tensor) -> Tensor:
        """Features ``(N, D)`` of images ``(N, C, H, W)`` in [0, 1]."""

    def logits(self, images: Tensor) -> Tensor | None:
        """Logits ``(N, K)`` of the same; None where its classes say nothing of the images."""

    def both(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Features and logits by one forward pass."""


def check_features(
    name: str, *, options: ModelOptions | None = None, allow_code: bool = True
) -> None:
    """Refuse what `feature_source` would refuse by names and places alone; loads nothing.

    Raises:
        InputError: It cannot be loaded.
    """
    if name not in ("lenet", "inception"):
        weights = None if options is None else options.weights
        known_facts(name, weights, allow_code=allow_code, options=options)


def feature_source(
    name: str,
    dataset: str,
    *,
    image_size: int | None,
    data_dir: Path | None,
    workers: int,
    runtime: Runtime,
    reporter: Reporter,
    options: ModelOptions | None = None,
    allow_code: bool = True,
) -> ImageFeatures | None:
    """The network that ``--features`` names.

    Args:
        name: ``lenet``, ``inception``, or a classifier as ``--model`` takes it, whose features are
            what its last linear layer receives.

            ``inception`` is torchvision's ``inception_v3``, 2,048 features, images stretched to
            299 pixels and grey repeated in three colours. These are not the weights of the
            TensorFlow network of 2015 with which most papers compute FID, and its resizing is not
            theirs: figures do not compare with published ones.
        dataset: The GAN's, for which ``lenet`` is trained.
        image_size: Side to which its images are resized, or None.
        data_dir: Where datasets lie.
        workers: Threads that read images.
        runtime: Device and precision; ``lenet`` is always float32.
        reporter: Told when a network is trained, and warned.
        options: How a classifier is read; its `weights` are those of ``inception`` too, and None
            means torchvision's own, from PyTorch's cache or downloaded.
        allow_code: Whether a classifier may be code; false for names that came from a file.

    Returns:
        The network; None for ``lenet`` and a dataset of a single class.

    Raises:
        InputError: It cannot be loaded.
    """
    if name == "lenet":
        return feature_network(
            dataset,
            image_size=image_size,
            data_dir=data_dir,
            workers=workers,
            device=runtime.device,
            reporter=reporter,
        )
    options = options or ModelOptions()
    if name == "inception":
        return _inception(options, runtime)
    weights = options.weights
    classifier = load_classifier(name, weights, runtime, allow_code=allow_code, options=options)
    found = ClassifierFeatures(classifier, name, runtime)
    found.check(reporter)
    return found


def _inception(options: ModelOptions, runtime: Runtime) -> ImageFeatures:
    whole = ModelOptions(input_size=INCEPTION_SIDE, resize=INCEPTION_SIDE)
    try:
        classifier = load_classifier(
            "torchvision:inception_v3", options.weights, runtime, options=whole
        )
    except ModelError as error:
        raise ModelError(
            f"features inception: {error}",
            hint=f"put that file into {torch.hub.get_dir()}/checkpoints, or --features lenet",
        ) from error
    # Its classes are ImageNet's, whatever the images are of.
    return ClassifierFeatures(replace(classifier, classes=()), "inception", runtime)
