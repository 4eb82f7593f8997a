"""The images that are explained: files, or a dataset; one batch at a time."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from xaitool.data.dataset import ImageDataset
from xaitool.data.images import prepare, read_image
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError, DataError
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.model_source import Classifier

PIXELS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Batch:
    """Some images.

    Attributes:
        images: float32 ``(N, C, H, W)`` in [0, 1].
        labels: int64 ``(N,)``, -1 where unknown.
        names: Their file names.
        indices: int64 ``(N,)``, their places among all that were asked for.
    """

    images: Tensor
    labels: Tensor
    names: list[str]
    indices: Tensor


class ExplainedImages(ABC):
    """All images that were asked for.

    Attributes:
        skipped: Those that could not be read, with the reason.
    """

    def __init__(self) -> None:
        self.skipped: list[str] = []

    @abstractmethod
    def __len__(self) -> int:
        """How many were asked for."""

    @abstractmethod
    def read(self, indices: list[int]) -> Batch:
        """Read some; those that cannot be read may be left out."""

    @property
    @abstractmethod
    def pixels(self) -> int:
        """Numbers in one image."""

    def batches(self, done: Iterable[int] = ()) -> Iterator[Batch]:
        """All but those that are done, so many at a time as keep memory small."""
        finished = set(done)
        size = max(1, min(256, PIXELS_AT_ONCE // self.pixels))
        left = [index for index in range(len(self)) if index not in finished]
        for first in range(0, len(left), size):
            yield self.read(left[first : first + size])


class ImageFiles(ExplainedImages):
    """Image files, prepared as the model wants them.

    Args:
        paths: The files; all must exist.
        classifier: Whose input they become.
        workers: Threads that read them.
        on_error: ``stop`` or ``skip``.

    Raises:
        DataError: A file does not exist and `on_error` is ``stop``.
    """

    def __init__(
        self, paths: list[Path], classifier: Classifier, workers: int, on_error: str
    ) -> None:
        super().__init__()
        self.paths = paths
        self.classifier = classifier
        self.workers = workers
        self.on_error = on_error
        for path in paths:
            if not path.exists() and on_error == "stop":
                raise DataError(f"image '{path}' does not exist, but a file is wanted")

    def __len__(self) -> int:
        """How many files."""
        return len(self.paths)

    @property
    def pixels(self) -> int:
        """Numbers in one image."""
        return self.classifier.channels * self.classifier.crop**2

    def read(self, indices: list[int]) -> Batch:
        """Read some files."""
        with ThreadPoolExecutor(self.workers) as pool:
            images = list(pool.map(self._read, (self.paths[index] for index in indices)))
        good = [
            (index, image)
            for index, image in zip(indices, images, strict=True)
            if image is not None
        ]
        shape = (0, self.classifier.channels, self.classifier.crop, self.classifier.crop)
        return Batch(
            torch.stack([image for _, image in good]) if good else torch.empty(shape),
            torch.full((len(good),), -1),
            [str(self.paths[index]) for index, _ in good],
            torch.tensor([index for index, _ in good], dtype=torch.int64),
        )

    def _read(self, path: Path) -> Tensor | None:
        try:
            return prepare(
                read_image(path),
                resize=self.classifier.resize,
                crop=self.classifier.crop,
                channels=self.classifier.channels,
                interpolation=self.classifier.interpolation,
                name=str(path),
            )
        except DataError as error:
            if self.on_error == "stop":
                raise
            self.skipped.append(str(error))
            return None


class DatasetImages(ExplainedImages):
    """The first images of a dataset.

    Args:
        dataset: The images.
        limit: How many; None: all.
    """

    def __init__(self, dataset: ImageDataset, limit: int | None) -> None:
        super().__init__()
        self.dataset = dataset
        self.count = min(len(dataset), limit or len(dataset))

    def __len__(self) -> int:
        """How many images."""
        return self.count

    @property
    def pixels(self) -> int:
        """Numbers in one image."""
        channels, height, width = self.dataset.shape
        return channels * height * width

    def read(self, indices: list[int]) -> Batch:
        """Read some images."""
        chosen = torch.tensor(indices)
        return Batch(
            self.dataset.images(chosen).cpu(),
            self.dataset.labels[chosen],
            [self.dataset.filename(index) for index in indices],
            chosen,
        )


def open_images(config: ExplainConfig, classifier: Classifier) -> ExplainedImages:
    """The images that the options name.

    Raises:
        ConfigError: None are named.
        DataError: A file does not exist, or the dataset is absent.
        ModelError: The dataset's images do not fit the model.
    """
    if config.images:
        paths = list(expand_paths(config.images, sys.stdin))[: config.limit]
        if not paths:
            raise ConfigError("standard input has no paths, but one image path a line is wanted")
        return ImageFiles(paths, classifier, config.workers, config.on_error)
    if config.dataset is None:
        raise ConfigError(
            "no images are given, but files, - or --dataset NAME are wanted",
            hint="xaitool explain --method agi image.png",
        )
    return DatasetImages(
        dataset_for(config.dataset, config.split, classifier, config), config.limit
    )


def dataset_for(
    name: str, split: str, classifier: Classifier, config: ExplainConfig
) -> ImageDataset:
    """A dataset loaded in the shape and with the classes that a classifier was trained on.

    Raises:
        ModelError: Its images do not fit the model.
    """
    known = (name == classifier.dataset and classifier.dataset_options) or {}
    return load_dataset(
        name,
        "train" if split == "train" else "test",
        data_dir=config.data_dir,
        classes=known.get("classes"),
        image_size=classifier.crop,
        channels=classifier.channels,
        workers=config.workers,
    )


def expand_paths(images: Iterable[Path], lines: Iterable[str]) -> Iterator[Path]:
    """The paths as given, with ``-`` replaced by one path a line of `lines`."""
    for image in images:
        if str(image) == "-":
            yield from (Path(line.rstrip("\n")) for line in lines if line.strip())
        else:
            yield image
