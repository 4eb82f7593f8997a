"""The network whose features FID and KID compare: our own LeNet, trained once a dataset."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.losses.cross_entropy import CrossEntropy
from xaitool.core.metrics.classification.accuracy import Accuracy
from xaitool.core.models.classifiers.lenet5 import LeNet5
from xaitool.core.seeding import random_stream
from xaitool.core.training.classifier_step import classifier_step
from xaitool.data.cache import cache_directory
from xaitool.data.dataset import ImageDataset
from xaitool.data.load import load_dataset
from xaitool.data.statistics import channel_statistics
from xaitool.errors import InputError, ShapeError
from xaitool.io.atomic import LONG_AGO, remove_partials
from xaitool.io.checkpoints import load_checkpoint, save_checkpoint
from xaitool.io.plain import Finite, Positive, Shape
from xaitool.io.stored_weights import check_weights
from xaitool.workflows.runs.batches import batches
from xaitool.workflows.runs.progress import Reporter


@dataclass(frozen=True)
class Recipe:
    """How the network is trained; a change makes another network, and so other figures."""

    architecture: str = "lenet5"
    optimiser: str = "adam"
    learning_rate: float = 2e-3
    schedule: str = "cosine"
    batch_size: int = 128
    epochs: int = 8
    least_steps: int = 500
    largest_shift: int = 2
    seed: int = 0


RECIPE = Recipe()

LEAST_ACCURACY = {"mnist": 0.99}
"""On the test split; a worse network judges by features that do not tell the classes apart."""


class _CachedNetwork(TypedDict):
    """What of the cache makes the network."""

    shape: Shape
    classes: Positive
    mean: list[Finite]
    standard_deviation: list[Finite]
    accuracy: Finite
    sha256: str
    model: dict[str, Tensor]


@dataclass(frozen=True)
class FeatureNetwork:
    """A trained network and what it is.

    Attributes:
        model: Its ``features`` maps images ``(N, C, H, W)`` in [0, 1] to ``(N, 84)``.
        sha256: Of its weights: figures of different hashes do not compare.
        accuracy: On the dataset's test split.
        dataset: What it was trained on.
        shape: ``(C, H, W)`` of its images.
        classes: Their names.
        name: What it is.
    """

    model: LeNet5
    sha256: str
    accuracy: float
    dataset: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...] = ()
    name: str = "lenet5"

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """Features ``(N, 84)`` of images ``(N, C, H, W)`` in [0, 1], in float32.

        Raises:
            ShapeError: The images are not of its shape.
        """
        if images.shape[1:] != self.shape:
            raise ShapeError(
                f"images are {tuple(images.shape[1:])}, but the feature network of {self.dataset} "
                f"was trained on {self.shape}"
            )
        return self.model.features(images.to(next(self.model.parameters())))

    def logits(self, images: Tensor) -> Tensor | None:
        """Logits ``(N, K)`` of the same."""
        return self.both(images)[1]

    @torch.no_grad()
    def both(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Features and logits by one forward pass."""
        features = self.features(images)
        return features, self.model.head(features)


def feature_network(
    name: str,
    *,
    image_size: int | None,
    data_dir: Path | None,
    workers: int,
    device: torch.device,
    reporter: Reporter,
) -> FeatureNetwork | None:
    """The feature network of a dataset with all its classes, from the cache or trained now.

    FID over MNIST-like data compares only within one network (Bińkowski et al. 2018 use a LeNet
    whose weights are not published), so that its recipe is fixed here and its hash is recorded.

    Args:
        name: The dataset.
        image_size: Side to which its images are resized, or None.
        data_dir: Where datasets lie.
        workers: Threads that read images.
        device: Where the network shall live.
        reporter: Told when it is trained.

    Returns:
        The network; None for a dataset of a single class, which trains no classifier.
    """
    load = partial(
        load_dataset,
        name,
        data_dir=data_dir,
        image_size=image_size,
        workers=workers,
        on_error="skip",  # whoever judges by it has read them, and said so
    )
    train = load("train")
    if len(train.classes) < 2:
        return None
    path = cache_directory() / "features" / f"{_key(train)}.pt"
    content = _read(path)
    if content is None:
        content = _train(train, load("test"), device, reporter)
        _keep(path, content, reporter)
    channels, height, width = content["shape"]
    shape = (channels, height, width)
    model = _made(content)
    model.load_state_dict(content["model"])
    model.to(device).eval().requires_grad_(False)
    _check_accuracy(name, content["accuracy"], reporter)
    return FeatureNetwork(model, content["sha256"], content["accuracy"], name, shape, train.classes)


def _check_accuracy(name: str, accuracy: float, reporter: Reporter) -> None:
    least = LEAST_ACCURACY.get(name, 0)
    if accuracy < least:
        reporter.warning(
            f"the feature network of {name} is right about {accuracy:.2%} of the test images, but "
            f"at least {least:.1%} is wanted of a judge"
        )


def _key(train: ImageDataset) -> str:
    text = f"{train.digest} {train.shape} {RECIPE}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _read(path: Path) -> dict[str, Any] | None:
    """None where it has to be trained."""
    if not path.is_file():
        return None
    try:
        content = load_checkpoint(path, kind="features", schema=_CachedNetwork)
        check_weights(lambda: _made(content), content["model"], str(path))
        return content if weights_sha256(content["model"]) == content["sha256"] else None
    except InputError:
        return None


def _made(content: dict[str, Any]) -> LeNet5:
    facts = content["classes"], content["mean"], content["standard_deviation"]
    return LeNet5(tuple(content["shape"]), *facts)


def _keep(path: Path, content: dict[str, Any], reporter: Reporter) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_partials(path.parent.resolve(), older_than=LONG_AGO)
        save_checkpoint(path, "features", content)
    except OSError as error:
        reporter.warning(f"the feature network is not kept: {path.parent}: {error.strerror}")


def _train(
    train: ImageDataset, test: ImageDataset, device: torch.device, reporter: Reporter
) -> dict[str, Any]:
    reporter.message(f"training the feature network of {train.name} (once, then cached)")
    everything = torch.arange(len(train))
    mean, deviation = channel_statistics(train, everything)
    torch.manual_seed(RECIPE.seed)
    model = LeNet5(train.shape, len(train.classes), mean, deviation).to(device)
    steps_per_epoch = -(-len(train) // RECIPE.batch_size)
    epochs = max(RECIPE.epochs, -(-RECIPE.least_steps // steps_per_epoch))
    optimiser = torch.optim.Adam(model.parameters(), lr=RECIPE.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * steps_per_epoch)
    labels = train.labels.to(device)
    model.train()
    with reporter.task("features", epochs * steps_per_epoch, "step") as task:
        for epoch in range(epochs):
            order = batches(RECIPE.seed, len(train), RECIPE.batch_size, epoch)
            for step, indices in enumerate(order):
                images = _shifted(train.images(indices).to(device), epoch, step)
                values = classifier_step(
                    model, CrossEntropy(), optimiser, images, labels[indices.to(device)]
                )
                schedule.step()
                task.advance(1, **values)
    accuracy = _accuracy(model.eval(), test, device)
    reporter.message(f"feature network of {train.name}: test accuracy {accuracy:.4f}")
    state = {key: value.cpu() for key, value in model.state_dict().items()}
    return {
        "recipe": asdict(RECIPE),
        "dataset": train.name,
        "dataset_digest": train.digest,
        "shape": list(train.shape),
        "classes": len(train.classes),
        "mean": mean,
        "standard_deviation": deviation,
        "accuracy": accuracy,
        "sha256": weights_sha256(state),
        "model": state,
    }


def _shifted(images: Tensor, epoch: int, step: int) -> Tensor:
    most = RECIPE.largest_shift
    random = random_stream(RECIPE.seed, "shift", epoch, step)
    top, left = torch.randint(0, 2 * most + 1, (2,), generator=random).tolist()
    height, width = images.shape[-2:]
    padded = F.pad(images, (most, most, most, most), mode="replicate")
    return padded[..., top : top + height, left : left + width]


@torch.no_grad()
def _accuracy(model: LeNet5, test: ImageDataset, device: torch.device) -> float:
    accuracy = Accuracy()
    for indices in torch.arange(len(test)).split(512):
        images = test.images(indices).to(device)
        accuracy.update(model(images), test.labels[indices].to(device))
    return accuracy.compute().value


def weights_sha256(state: dict[str, Tensor]) -> str:
    """SHA-256 of the names and values of CPU tensors, hexadecimal."""
    digest = hashlib.sha256()
    for key, value in state.items():
        digest.update(key.encode() + value.contiguous().numpy().tobytes())
    return digest.hexdigest()
