"""Walks from images to their counterfactuals, and reads what models say on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor

from xaitool.core.counterfactuals.base import CounterfactualPath, counterfactual_values
from xaitool.core.memory import Rows
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.counterfactuals.paths import (
    CVAE,
    RECOLOUR,
    path_by_cvae,
    path_by_recolouring,
)
from xaitool.workflows.runs.progress import Reporter
from xaitool.workflows.runs.runtime import Runtime

Points = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, int], Tensor]
"""As `CounterfactualPath.points`."""

Reading = Callable[[Tensor, int], Tensor]
"""From images ``(M, C, H, W)`` and the most of them in a forward pass to ``(M, ...)``."""


@dataclass(frozen=True)
class PathWalk:
    """Images of a dataset, all of whose sensitive attributes move to another value.

    Of more than two values it is the next one.

    Attributes:
        dataset: The images.
        samples: Which of them, int64 ``(N,)``.
        labels: The classes that paths are told, int64 ``(N,)``.
        rows: How many images go through a network at once.
        runtime: Where it computes.
        reporter: Told how it goes.
    """

    dataset: ImageDataset
    samples: Tensor
    labels: Tensor
    rows: Rows
    runtime: Runtime
    reporter: Reporter

    @cached_property
    def attributes(self) -> Tensor:
        """The images' own, int64 ``(N, A)``."""
        return self.dataset.sensitive_values(self.samples)

    @cached_property
    def counterfactual(self) -> Tensor:
        """The others, int64 ``(N, A)``."""
        return counterfactual_values(self.attributes, self.dataset.sensitive_sizes)

    def read_images(self, reading: Reading) -> Tensor:
        """What a reading says of the images themselves: ``(N, ...)`` on the CPU.

        Args:
            reading: What is wanted of them.
        """
        return self.read(_unmoved, torch.zeros(1), reading).squeeze(1)

    def read(self, points: Points, places: Tensor, reading: Reading) -> Tensor:
        """What a reading says at P places of each path: ``(N, P, ...)`` on the CPU.

        Args:
            points: Makes the images.
            places: ``(P,)``.
            reading: What is wanted of them.
        """
        parts, size = [], max(1, self.rows.most // len(places))
        with self.reporter.task("path", len(self.samples), "image") as task:
            for part in torch.arange(len(self.samples)).split(size):
                parts.append(self.rows.run(partial(self._read, part, points, places, reading)))
                task.advance(len(part))
        return torch.cat(parts)

    def _read(
        self, part: Tensor, points: Points, places: Tensor, reading: Reading, most: int
    ) -> Tensor:
        parts = []
        for few in part.split(max(1, most // len(places))):
            images = self.runtime.place(self.dataset.images(self.samples[few]))
            labels, attributes, counterfactual = (
                values[few].to(images.device)
                for values in (self.labels, self.attributes, self.counterfactual)
            )
            made = points(images, labels, attributes, counterfactual, places.to(images), most)
            answers = reading(made.flatten(0, 1), most)
            parts.append(answers.unflatten(0, made.shape[:2]).cpu())
        return torch.cat(parts)


def _unmoved(
    images: Tensor,
    labels: Tensor,
    attributes: Tensor,
    counterfactual: Tensor,
    places: Tensor,
    rows: int,
) -> Tensor:
    return images[:, None]


def counterfactual_paths(
    dataset: ImageDataset, config: EvaluateConfig, runtime: Runtime
) -> dict[str, CounterfactualPath]:
    """The paths that there are, by name: by ``--cvae``, and by recolouring coloured images.

    Args:
        dataset: The images, with sensitive attributes.
        config: The options.
        runtime: Where it computes.

    Raises:
        ArtifactError: The CVAE cannot be loaded.
        ModelError: It was trained for other images, labels or attributes.
    """
    paths: dict[str, CounterfactualPath] = {}
    if config.cvae is not None:
        paths[CVAE], _ = path_by_cvae(config.cvae, dataset, runtime)
    if (colours := path_by_recolouring(dataset)) is not None:
        paths[RECOLOUR] = colours
    return paths


def required_paths(
    dataset: ImageDataset, config: EvaluateConfig, runtime: Runtime, metric: str
) -> dict[str, CounterfactualPath]:
    """`counterfactual_paths`, of which a metric wants at least one.

    Raises:
        ConfigError: There is none.
        ArtifactError: The CVAE cannot be loaded.
        ModelError: It was trained for other images, labels or attributes.
    """
    paths = counterfactual_paths(dataset, config, runtime)
    if not paths:
        raise ConfigError(
            f"dataset '{dataset.name}' is not coloured by channel, but --metric {metric} wants "
            "a way to move its sensitive attributes",
            hint="--cvae RUN, of train-baseline-gan --generator-kind cvae",
        )
    return paths
