"""Judging a generator: all the figures of its samples against real images, at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.models.gans.images import sample
from xaitool.data.dataset import ImageDataset
from xaitool.registry import METRICS_OF, load_target
from xaitool.workflows.features.gathered import GatheredFeatures
from xaitool.workflows.features.reference import ROWS, reference_features
from xaitool.workflows.features.source import ImageFeatures
from xaitool.workflows.gans.figures import Figure, JudgedImages

NEIGHBOURS_MOST = 2000
"""Their cost grows with the square of the images; of 2,000, a share is known to 0.01."""


def figure_names() -> list[str]:
    """The metrics of GANs that one judgement serves, in the registry's order."""
    return [name for name, metric in METRICS_OF["gan"].items() if metric.measure]


class GanJudge:
    """Compares generators with the same real images, whose side is computed once.

    Args:
        features: The network whose features are compared.
        dataset: The real images.
        most: Use at most so many, chosen by `seed`.
        seed: The run's seed.
        device: Where features are computed.
        neighbours_most: Precision, recall, density, coverage and the feature distance look at so
            many images of either side at most, the first ones, so that a judgement every epoch
            stays cheap. They depend on this number: compare figures of equal ones.

    Raises:
        InputError: The network does not take the images, or there are fewer than two.
    """

    def __init__(
        self,
        features: ImageFeatures,
        dataset: ImageDataset,
        most: int,
        seed: int,
        device: torch.device,
        *,
        neighbours_most: int = NEIGHBOURS_MOST,
    ) -> None:
        self.features = features
        self.seed = seed
        self.neighbours_most = neighbours_most
        self._wanted = _wanted(features.classes, dataset.classes)
        self._real = reference_features(
            features,
            dataset,
            most=most,
            neighbours_most=neighbours_most,
            seed=seed,
            device=device,
        )

    @property
    def real_count(self) -> int:
        """How many real images generated ones are compared with."""
        return self._real.gathered.statistics.count

    def judge(self, generator: nn.Module, noise: Tensor, *, kid_subsets: int) -> dict[str, float]:
        """Compare the images that a generator makes of this noise.

        Args:
            generator: From noise to images in [-1, 1].
            noise: ``(N, ...)``, at least two; its first dimension says how many images are made.
            kid_subsets: Subsets of at most 1,000 images over which KID is averaged.

        Returns:
            The figures of `figure_names`, such as ``fid`` and ``pixel_deviation``, and the standard
            deviation of one that is a mean over draws: ``kid_std``. ``precision`` and ``recall`` (3
            neighbours), ``density`` and ``coverage`` (5) are NaN where there are not more images
            than neighbours; ``class_coverage`` is absent where the network does not know the
            dataset's classes by name. See the functions of ``workflows.gans.figures``.

        Raises:
            ShapeError: A feature is NaN or infinite, or there are fewer than two images.
        """
        made = GatheredFeatures()
        for part in noise.split(ROWS):
            made.update(self.features, sample(generator, part))
        images = JudgedImages(
            made, self._real, self.neighbours_most, self._wanted, self.seed, kid_subsets
        )
        figures: dict[str, float] = {}
        for name in figure_names():
            figure: Figure | None = load_target(METRICS_OF["gan"][name].target)(images)
            key = name.replace("-", "_")
            if figure is not None:
                figures[key] = figure.value
            if figure is not None and figure.deviation is not None:
                figures[f"{key}_std"] = figure.deviation
        return figures


def _wanted(known: tuple[str, ...], classes: tuple[str, ...]) -> Tensor | None:
    """Which of the network's classes those of the dataset are; None where it lacks one."""
    if not set(classes) <= set(known):
        return None
    return torch.tensor([known.index(name) for name in classes])
