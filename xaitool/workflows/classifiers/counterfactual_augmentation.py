"""Counterfactual Interpolation Augmentation of a training set, made batch by batch."""

from __future__ import annotations

from math import prod
from pathlib import Path

import torch
from torch import Tensor

from xaitool.core.counterfactuals.base import CounterfactualPath, counterfactual_values
from xaitool.core.seeding import random_stream
from xaitool.core.training.interpolated_batch import (
    InterpolatedBatch,
    interpolated_batch,
    interpolation_places,
)
from xaitool.data.dataset import ImageDataset
from xaitool.data.groups import TrainingGroups
from xaitool.data.sensitive import require_sensitive
from xaitool.errors import ConfigError
from xaitool.io.checkpoints import load_checkpoint
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.counterfactuals.cvae import KIND
from xaitool.workflows.counterfactuals.paths import RECOLOUR, path_by_cvae, path_by_recolouring
from xaitool.workflows.runs.runtime import Runtime


class CounterfactualAugmentation:
    """Adds to the training images the ways to their counterfactuals, with unchanged labels.

    With ``replace_originals`` they take the place of the images that they are made from. CIA paper,
    sections 3.3 and 4.1. Only images that are trained on are ever asked for: neither the test
    split, as in the published code for CelebA, nor the held-out images get interpolations. (The
    CVAE itself has been trained on the train split, which may include images that are held out
    here.) All sensitive attributes move together; to which value, of more than two, is drawn anew
    for every image and epoch. The encoder is told the image's own attributes and, of a CVAE that is
    conditioned on labels, its training label: then a wrong one can be read off the interpolations.

    Args:
        config: The options: ``cvae``, ``interpolations``, ``augment_limit``, ``replace_originals``
            and ``seed``.
        dataset: The images, with their sensitive attributes.
        train: Indices of the training images, int64 ``(n,)``.
        runtime: Where the CVAE computes.

    Raises:
        ArtifactError: The CVAE's checkpoint is absent, damaged or of another kind.
        ConfigError: Images are to be recoloured that are not coloured so.
        DataError: The dataset has no sensitive attribute.
        ModelError: The CVAE was trained for other images, labels or attributes.

    Attributes:
        cvae_sha256: Of the CVAE's checkpoint; None for recolouring.
    """

    def __init__(
        self,
        config: TrainClassifierConfig,
        dataset: ImageDataset,
        train: Tensor,
        runtime: Runtime,
    ) -> None:
        self._count, self._seed = config.interpolations, config.seed
        self._replace = config.replace_originals
        require_sensitive(dataset, "--augment cia")
        self._sizes = dataset.sensitive_sizes
        self._attributes = dataset.sensitive_values()
        self._samples = _limited(train, config)
        self._has_some = torch.zeros(len(dataset), dtype=torch.bool)
        self._has_some[self._samples] = True
        self._path, self.cvae_sha256 = _path(str(config.cvae), dataset, runtime)
        self._rows = runtime.rows(prod(dataset.shape), None)
        self._drawn = -1, torch.empty(0)

    def __call__(
        self, images: Tensor, labels: Tensor, samples: Tensor, epoch: int
    ) -> InterpolatedBatch:
        """A batch with its interpolations; see `interpolated_batch`.

        Args:
            images: ``(B, C, H, W)`` in [0, 1], as the dataset has them.
            labels: int64 ``(B,)``, on their device.
            samples: Their indices in the dataset, int64 ``(B,)``.
            epoch: From 0.
        """
        return interpolated_batch(
            self._path,
            images,
            labels,
            self._attributes[samples],
            self._counterfactual(epoch)[samples],
            self._has_some[samples].nonzero().squeeze(1),
            self._count,
            replace=self._replace,
            rows=self._rows,
        )

    def groups(
        self, batch: InterpolatedBatch, samples: Tensor, epoch: int, groups: TrainingGroups
    ) -> Tensor:
        """The group of each image of a batch, int64 ``(M,)``.

        An interpolation is in the group of the end that is nearer; the middle, as near to both, is
        with the counterfactual.
        """
        moved = groups.of(samples, self._counterfactual(epoch)[samples])
        original = groups.of_images[samples]
        return torch.where(batch.moved, moved[batch.sources], original[batch.sources])

    def group_counts(self, groups: TrainingGroups, train: Tensor) -> Tensor:
        """How many images of each group X_AUG has, int64 ``(G,)``.

        Of an attribute with more than two values the draws of the first epoch count.
        """
        far = int((interpolation_places(self._count) >= 0.5).sum())
        moved = groups.of(self._samples, self._counterfactual(0)[self._samples])
        near = groups.count(groups.of_images[self._samples]) * (self._count - far)
        beside = train
        if self._replace:
            beside = train[~self._has_some[train]]
        return groups.count(groups.of_images[beside]) + near + groups.count(moved) * far

    def _counterfactual(self, epoch: int) -> Tensor:
        """Where the attributes of every image of the dataset go in an epoch, int64 ``(N, A)``."""
        if self._drawn[0] != epoch:
            keyed = random_stream(self._seed, "counterfactual", epoch)
            self._drawn = epoch, counterfactual_values(self._attributes, self._sizes, keyed)
        return self._drawn[1]


def _limited(train: Tensor, config: TrainClassifierConfig) -> Tensor:
    """The training images that get interpolations."""
    keyed = random_stream(config.seed, "interpolated")
    return train[torch.randperm(len(train), generator=keyed)[: config.augment_limit]]


def check_counterfactual(config: TrainClassifierConfig) -> None:
    """Refuse a ``--cvae`` that is none before the data are loaded.

    Raises:
        ArtifactError: The checkpoint is absent, damaged or of another kind.
    """
    if config.cvae != RECOLOUR:
        load_checkpoint(Path(str(config.cvae)), kind=KIND)


def _path(
    cvae: str, dataset: ImageDataset, runtime: Runtime
) -> tuple[CounterfactualPath, str | None]:
    """What ``--cvae`` names, and its SHA-256."""
    if cvae != RECOLOUR:
        path, found = path_by_cvae(Path(cvae), dataset, runtime)
        return path, found.sha256
    if (colours := path_by_recolouring(dataset)) is None:
        raise ConfigError(
            f"--cvae recolour moves light from channel to channel, but dataset '{dataset.name}' is "
            f"not coloured so by {', '.join(dataset.sensitive)}",
            hint="biased-mnist is; else --cvae names a checkpoint",
        )
    return colours, None
