"""Kernel distance to real images, class by class."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.metrics.generation.kid import kid
from xaitool.core.seeding import random_stream
from xaitool.data.dataset import ImageDataset
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.features.lenet import FeatureNetwork, feature_network
from xaitool.workflows.runs.context import Context

# Images of a class behind a kernel distance: one of KID's subsets.
MOST = 1000


class RealClassFeatures:
    """Features of real images of each class, computed once and compared with many baselines.

    Args:
        network: The feature network.
        dataset: The real images; at most 1,000 of a class are drawn.
        seed: The run's seed.
        device: Where features are computed.
    """

    def __init__(
        self, network: FeatureNetwork, dataset: ImageDataset, seed: int, device: torch.device
    ) -> None:
        self.network = network
        self.seed = seed
        self._real: list[Tensor] = []
        for label in range(len(dataset.classes)):
            indices = (dataset.labels == label).nonzero().squeeze(1)
            order = torch.randperm(
                len(indices), generator=random_stream(seed, "real images", label)
            )
            chosen = indices[order[:MOST]]
            parts = [dataset.images(part).to(device) for part in chosen.split(500)]
            self._real.append(torch.cat([network.features(part) for part in parts]))

    def distance(self, features: Tensor, classes: Tensor, subsets: int) -> float | None:
        """Mean over the classes of the kernel distance between images and real ones.

        Args:
            features: Of images, ``(N, 84)``.
            classes: Of which class they should be, int64 ``(N,)``.
            subsets: Over which KID is averaged where a class has more than 1,000.

        Returns:
            The mean; None where no class has two images on both sides.
        """
        distances = []
        for label, real in enumerate(self._real):
            of_class = features[classes == label]
            if min(len(of_class), len(real)) >= 2:
                random = random_stream(self.seed, "kid subsets", label)
                distances.append(kid(of_class, real, subsets=subsets, generator=random).mean)
        return sum(distances) / len(distances) if distances else None


def real_class_features(
    dataset: ImageDataset, context: Context[EvaluateConfig]
) -> RealClassFeatures | None:
    """Those of a dataset; None, with a warning, where it has no feature network.

    Args:
        dataset: The real images.
        context: Where datasets lie, and the seed.
    """
    config = context.config
    network = feature_network(
        dataset.name,
        image_size=dataset.shape[1],
        data_dir=config.data_dir,
        workers=config.workers,
        device=context.runtime.device,
        reporter=context.reporter,
    )
    if network is None or network.shape != dataset.shape:
        why = "is of one class" if network is None else "has other colours than the classifier"
        context.reporter.warning(f"dataset {dataset.name} {why}: no kernel distance to real images")
        return None
    return RealClassFeatures(network, dataset, config.seed, context.runtime.device)
