"""Walks from images to their counterfactuals, and reads what models say on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from xaitool.core.counterfactuals.base import CounterfactualPath, counterfactual_values
from xaitool.core.counterfactuals.cvae_path import CvaePath
from xaitool.core.counterfactuals.recolouring import RecolouringPath
from xaitool.data.coloured_mnist import COLOURS
from xaitool.data.dataset import ImageDataset
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.cvae_source import check_cvae, load_cvae
from xaitool.workflows.progress import Reporter
from xaitool.workflows.runtime import Runtime, with_smaller_batches

Points = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
"""As `CounterfactualPath.points`."""

Reading = Callable[[Tensor, int], Tensor]
"""From images ``(M, C, H, W)`` and the most of them in a forward pass to ``(M, ...)``."""

CVAE, RECOLOURING = "cvae", "recolour"

LOOKED_AT = 64


@dataclass(frozen=True)
class PathWalk:
    """Images of a dataset, all of whose sensitive attributes move to another value.

    Of more than two values it is the next one.

    Attributes:
        dataset: The images.
        samples: Which of them, int64 ``(N,)``.
        labels: The classes that paths are told, int64 ``(N,)``.
        rows: Largest number of images in one forward pass.
        runtime: Where it computes.
        reporter: Told how it goes.
    """

    dataset: ImageDataset
    samples: Tensor
    labels: Tensor
    rows: int
    runtime: Runtime
    reporter: Reporter

    @cached_property
    def attributes(self) -> Tensor:
        """The images' own, int64 ``(N, A)``."""
        return self.dataset.sensitive_values(self.samples)

    @cached_property
    def counterfactual(self) -> Tensor:
        """The others, int64 ``(N, A)``."""
        sizes = [len(attribute.names) for attribute in self.dataset.sensitive.values()]
        return counterfactual_values(self.attributes, sizes)

    def read(self, points: Points, places: Tensor, reading: Reading) -> Tensor:
        """What a reading says at P places of each path: ``(N, P, ...)`` on the CPU.

        Args:
            points: Makes the images.
            places: ``(P,)``.
            reading: What is wanted of them.
        """
        found, rows = [], self.rows
        with self.reporter.task("path", len(self.samples), "image") as task:
            for part in torch.arange(len(self.samples)).split(max(1, rows // len(places))):
                one, rows = with_smaller_batches(
                    lambda most, part=part: self._read(  # type: ignore[misc]
                        part, points, places, reading, most
                    ),
                    rows,
                    lambda most: self.reporter.warning(f"out of memory: going on with {most} rows"),
                )
                found.append(one)
                task.advance(len(part))
        return torch.cat(found)

    def _read(
        self, part: Tensor, points: Points, places: Tensor, reading: Reading, most: int
    ) -> Tensor:
        found = []
        for few in part.split(max(1, most // len(places))):
            images = self.runtime.place(self.dataset.images(self.samples[few]))
            labels, own, other = (
                values[few].to(images.device)
                for values in (self.labels, self.attributes, self.counterfactual)
            )
            made = points(images, labels, own, other, places.to(images))
            answers = reading(made.flatten(0, 1), most)
            found.append(answers.unflatten(0, made.shape[:2]).cpu())
        return torch.cat(found)


def counterfactual_paths(
    dataset: ImageDataset, config: EvaluateConfig, runtime: Runtime, rows: int
) -> dict[str, CounterfactualPath]:
    """The paths that there are, by name: by ``--cvae``, and by recolouring coloured images.

    Args:
        dataset: The images, with sensitive attributes.
        config: The options.
        runtime: Where it computes.
        rows: Largest number of images in one forward pass.

    Raises:
        ArtifactError: The CVAE cannot be loaded.
        ModelError: It was trained for other images, labels or attributes.
    """
    paths: dict[str, CounterfactualPath] = {}
    if config.cvae is not None:
        found = load_cvae(config.cvae, runtime)
        check_cvae(
            found,
            shape=dataset.shape,
            classes=dataset.classes,
            sensitive={name: attribute.names for name, attribute in dataset.sensitive.items()},
        )
        paths[CVAE] = CvaePath(found.model, rows)
    if (colours := recolouring(dataset)) is not None:
        paths[RECOLOURING] = colours
    return paths


def recolouring(dataset: ImageDataset) -> RecolouringPath | None:
    """The path between colours, where a dataset's one sensitive attribute is the channel.

    Names alone do not tell: on photographs of red and green apples it would make no sense. So the
    first images are looked at as well.
    """
    if list(dataset.sensitive) != ["colour"] or dataset.shape[0] != len(COLOURS):
        return None
    names = dataset.sensitive["colour"].names
    if names != COLOURS[: len(names)]:
        return None
    first = torch.arange(min(LOOKED_AT, len(dataset)))
    images, colours = dataset.images(first).cpu(), dataset.sensitive_values(first)[:, 0]
    light = images.flatten(2).sum(2)
    own = light.gather(1, colours[:, None]).squeeze(1)
    return RecolouringPath(len(names)) if torch.equal(light.sum(1), own) else None
