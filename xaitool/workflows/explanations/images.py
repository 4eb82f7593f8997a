"""The images that are explained: files, or a dataset; one batch at a time."""

from __future__ import annotations

import copy
import hashlib
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import torch
from torch import Tensor

from xaitool.data.dataset import ImageDataset
from xaitool.data.files.file_pixels import SKIP
from xaitool.data.files.images import WANTED, check_picture, read_image
from xaitool.data.load import check_dataset
from xaitool.errors import ConfigError, DataError, InputError, UnsupportedOperationError
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.image_paths import expand_paths
from xaitool.workflows.models.classifier import KnownClassifier
from xaitool.workflows.models.datasets import dataset_for

Result = TypeVar("Result")


@dataclass(frozen=True)
class Batch:
    """Some images.

    Attributes:
        images: float32 ``(N, C, H, W)`` in [0, 1].
        labels: int64 ``(N,)``, -1 where unknown.
        names: Their file names.
        indices: int64 ``(N,)``, their places among all that were asked for.
        masks: Where the objects are, bool ``(N, 1, H, W)``; None where it is not known.
        attributes: Values of the A sensitive attributes, int64 ``(N, A)``; None where there are
            none.
    """

    images: Tensor
    labels: Tensor
    names: list[str]
    indices: Tensor
    masks: Tensor | None = None
    attributes: Tensor | None = None

    def alone(self, row: int) -> Batch:
        """One of them, as a batch."""
        return self._select([row])

    def repeated(self, times: int) -> Batch:
        """Each as often, side by side."""
        return self._select([row for row in range(len(self.names)) for _ in range(times)])

    def _select(self, rows: list[int]) -> Batch:
        return Batch(
            self.images[rows],
            self.labels[rows],
            [self.names[row] for row in rows],
            self.indices[rows],
            None if self.masks is None else self.masks[rows],
            None if self.attributes is None else self.attributes[rows],
        )


def each_that_can(
    batch: Batch, work: Callable[[Batch], Result], refuse: Callable[[str, InputError], None]
) -> Iterator[tuple[Batch, Result]]:
    """Work on a batch at once; where that fails on each image alone, so that it has a name.

    Args:
        batch: The images.
        work: What is done with a batch.
        refuse: Told the name of an image that cannot be worked on, and why; may raise.

    Raises:
        UnsupportedOperationError: The network is at fault, whatever the image.
    """
    try:
        yield batch, work(batch)
    except UnsupportedOperationError:
        raise
    except InputError as error:
        if len(batch.names) == 1:
            refuse(batch.names[0], error)
            return
        for row in range(len(batch.names)):
            yield from each_that_can(batch.alone(row), work, refuse)


class ExplainedImages(ABC):
    """All images that were asked for, or some of them.

    Attributes:
        shape: ``(C, H, W)`` of every image.
        labels: int64 ``(N,)`` of all, in the model's classes; -1 where unknown.
        digest: SHA-256, hexadecimal, of which images they are and in which order.
        class_parts: The object and the scene of every class of the model; empty where unknown.
        sensitive: Names of the values of each sensitive attribute, by its name; empty where there
            are none.
        places: Which of all are meant, ascending.
        skipped: Those that are left out, with the reason.
        converted: Those whose colours had to be made or dropped, for the model's channels.
    """

    shape: tuple[int, int, int]
    labels: Tensor
    digest: str
    class_parts: tuple[tuple[str, str], ...] = ()
    sensitive: Mapping[str, tuple[str, ...]] = {}  # never changed

    def __init__(self, count: int) -> None:
        self.places: Sequence[int] = range(count)
        self.skipped: list[str] = []
        self.converted: set[str] = set()

    def __len__(self) -> int:
        """How many are meant."""
        return len(self.places)

    @property
    def pixels(self) -> int:
        """Numbers in one image."""
        return math.prod(self.shape)

    @abstractmethod
    def read(self, indices: list[int]) -> Batch:
        """Read some; those that cannot be read may be left out."""

    def only(self, places: Sequence[int]) -> Self:
        """Some of them, by their places among all; what is skipped later is listed in both."""
        fewer = copy.copy(self)
        fewer.places = places
        return fewer

    def leave_out(self, reason: str, on_error: str, *, hint: str | None = None) -> None:
        """Skip an image, or stop there.

        Args:
            reason: What is wrong with it, with its name.
            on_error: ``stop`` or ``skip``.
            hint: What to do about it, beside skipping it.

        Raises:
            DataError: `on_error` is ``stop``.
        """
        if on_error == "stop":
            raise DataError(reason, hint=hint or SKIP)
        self.skipped.append(reason)

    def batches(self, size: int, done: Collection[int] = ()) -> Iterator[Batch]:
        """All but those that are done, grouped in the same way whatever is done.

        Args:
            size: Images in a batch, at most.
            done: Places that are left out.
        """
        finished = set(done)
        for first in range(0, len(self), size):
            places = self.places[first : first + size]
            left = [place for place in places if place not in finished]
            batch = self.read(left) if left else None
            if batch is not None and batch.names:
                yield batch


class ImageFiles(ExplainedImages):
    """Image files, prepared as the model wants them.

    Args:
        paths: The files.
        classifier: Whose input they become.
        workers: Threads that read them.
        on_error: ``stop`` or ``skip``.
    """

    def __init__(
        self, paths: list[Path], classifier: KnownClassifier, workers: int, on_error: str
    ) -> None:
        super().__init__(len(paths))
        self.paths = paths
        self.classifier = classifier
        self.workers = workers
        self.on_error = on_error
        self.shape = classifier.input.shape
        self.labels = torch.full((len(paths),), -1)
        self.digest = hashlib.sha256(b"\0".join(map(os.fsencode, paths))).hexdigest()

    def check(self) -> None:
        """Read every file once, so that a bad one is known before the work and not after hours.

        Raises:
            DataError: One cannot be read and `on_error` is ``stop``.
        """
        if self.on_error == "stop":
            with ThreadPoolExecutor(self.workers) as pool:
                for _ in pool.map(lambda path: self._prepare(path) is None, self.paths):
                    pass

    def read(self, indices: list[int]) -> Batch:
        """Read some files."""
        with ThreadPoolExecutor(self.workers) as pool:
            results = list(pool.map(self._attempt, (self.paths[index] for index in indices)))
        self.skipped += [str(result) for result in results if isinstance(result, DataError)]
        good = [
            (index, image)
            for index, image in zip(indices, results, strict=True)
            if isinstance(image, Tensor)
        ]
        chosen = torch.tensor([index for index, _ in good], dtype=torch.int64)
        images = [image for _, image in good]
        return Batch(
            torch.stack(images) if images else torch.empty(0, *self.shape),
            self.labels[chosen],
            [str(self.paths[index]) for index, _ in good],
            chosen,
        )

    def _attempt(self, path: Path) -> Tensor | DataError:
        try:
            return self._prepare(path)
        except DataError as error:
            if self.on_error == "stop":
                raise
            return error

    def _prepare(self, path: Path) -> Tensor:
        image = read_image(path)
        if len(image.getbands()) != self.classifier.input.channels:
            self.converted.add(str(path))
        return self.classifier.input.prepared(image, str(path))


class DatasetImages(ExplainedImages):
    """The first images of a dataset.

    Args:
        dataset: The images.
        classes: The model's class names; empty where unknown.
        limit: How many; None: all.
    """

    def __init__(
        self, dataset: ImageDataset, classes: tuple[str, ...], limit: int | None = None
    ) -> None:
        labels = _model_labels(dataset, classes)[:limit]
        super().__init__(len(labels))
        self.dataset = dataset
        self.shape = dataset.shape
        self.labels = labels
        self.digest = dataset.digest
        self.class_parts = _model_parts(dataset, classes)
        self.sensitive = dataset.sensitive_names

    def read(self, indices: list[int]) -> Batch:
        """Read some images."""
        chosen = torch.tensor(indices)
        return Batch(
            self.dataset.images(chosen).cpu(),
            self.labels[chosen],
            [self.dataset.filename(index) for index in indices],
            chosen,
            self.dataset.mask(chosen),
            self.dataset.sensitive_values(chosen) if self.dataset.sensitive else None,
        )


def named_images(config: ExplainConfig) -> list[Path]:
    """The files that the options name, each looked at; none where a dataset is meant.

    Nothing is decoded or downloaded: what is missing is said before any weights are loaded.

    Raises:
        ConfigError: Neither files nor a dataset are named.
        DataError: A file is no picture and `on_error` is ``stop``, or none is one; or a dataset's
            folder is not there.
        UnknownNameError: There is no such dataset.
    """
    if config.dataset is not None:
        check_dataset(config.dataset)
    if not config.images:
        if config.dataset is None:
            raise ConfigError(
                "no images are given, but files, - or --dataset NAME are wanted",
                hint="xaitool explain --method agi image.png",
            )
        return []
    paths = list(expand_paths(config.images))[: None if config.only else config.limit]
    if not paths:
        raise ConfigError("standard input has no paths, but one image path a line is wanted")
    _check_pictures(paths, config.on_error)
    return paths


def _check_pictures(paths: list[Path], on_error: str) -> None:
    """Look at all files, or where bad ones are skipped until a good one is found."""
    if on_error == "stop":
        for path in paths:
            check_picture(path, f"{WANTED}, or a folder or pattern of them")
    elif not any(map(_is_picture, paths)):
        raise DataError(
            f"none of {len(paths)} images can be read and explained, but at least one is wanted"
        )


def _is_picture(path: Path) -> bool:
    try:
        check_picture(path)
    except DataError:
        return False
    return True


def open_images(
    config: ExplainConfig, classifier: KnownClassifier, paths: list[Path] | None = None
) -> ExplainedImages:
    """The images that the options name; all of them where `only` chooses among them.

    Args:
        config: The options.
        classifier: Whose input they become.
        paths: What `named_images` found; None: it is asked.

    Raises:
        ConfigError: None are named.
        DataError: A file cannot be read, or the dataset is absent.
    """
    paths = named_images(config) if paths is None else paths
    if paths:
        files = ImageFiles(paths, classifier, config.workers, config.on_error)
        files.check()
        return files
    dataset = dataset_for(str(config.dataset), config.split, classifier, config, told=False)
    limit = None if config.only else config.limit
    images = DatasetImages(dataset, classifier.classes, limit)
    images.skipped += [f"{name} in {dataset.name}" for name in dataset.skipped]
    return images


def _model_labels(dataset: ImageDataset, classes: tuple[str, ...]) -> Tensor:
    """Labels as the model counts its classes, by name; unchanged where it has no names."""
    if not classes or classes == dataset.classes:
        return dataset.labels
    known = [classes.index(name) if name in classes else -1 for name in dataset.classes]
    return torch.tensor(known)[dataset.labels]


def _model_parts(dataset: ImageDataset, classes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The parts of the model's classes, where the dataset knows those of all of them."""
    names = classes or dataset.classes
    return dataset.annotations.relabelled(dataset.classes, names).class_parts
