"""Judging a generator: FID and KID of its samples against real images."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaitool.core.metrics.feature_statistics import FeatureStatistics
from xaitool.core.metrics.fid import fid
from xaitool.core.metrics.kid import KernelDistance, kid
from xaitool.core.seeding import generator as keyed
from xaitool.data.dataset import ImageDataset
from xaitool.workflows.feature_network import FeatureNetwork


def to_pixels(generated: Tensor) -> Tensor:
    """From the GAN's range [-1, 1] to pixels in [0, 1]."""
    return generated.add(1).div(2)


def from_pixels(images: Tensor) -> Tensor:
    """From pixels in [0, 1] to the GAN's range [-1, 1]."""
    return images.mul(2).sub(1)


def noise(count: int, latent: int, *keys: int | str, like: Tensor) -> Tensor:
    """Standard normal noise ``(count, latent)`` keyed by `keys`; dtype and device of `like`."""
    return torch.randn(count, latent, generator=keyed(*keys)).to(like)


@torch.no_grad()
def sample(generator: nn.Module, noise: Tensor, rows: int = 500) -> Tensor:
    """Images ``(N, C, H, W)`` in [0, 1] of a generator, in eval mode; its mode is restored."""
    training = generator.training
    generator.eval()
    images = torch.cat([to_pixels(generator(part)) for part in noise.split(rows)])
    generator.train(training)
    return images


@dataclass(frozen=True)
class Distances:
    """How far generated images are from real ones.

    Attributes:
        fid: Squared Fréchet distance of the features.
        kid: Kernel distance, mean and standard deviation over subsets.
        generated: How many generated images.
        real: How many real ones.
    """

    fid: float
    kid: KernelDistance
    generated: int
    real: int


class RealFeatures:
    """Features of real images, computed once and compared with many generators.

    Args:
        network: The feature network.
        dataset: The real images.
        most: Use at most so many, chosen by `seed`.
        seed: The run's seed.
        device: Where features are computed.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        dataset: ImageDataset,
        most: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.network = network
        self.seed = seed
        chosen = torch.randperm(len(dataset), generator=keyed(seed, "real images"))[:most]
        self.features = torch.cat(
            [network.features(dataset.images(part).to(device)) for part in chosen.split(500)]
        )
        self.statistics = _statistics(self.features)

    def distances(self, generator: nn.Module, noise: Tensor, *, subsets: int) -> Distances:
        """Compare the images that a generator makes of this noise.

        Args:
            generator: From noise to images in [-1, 1].
            noise: ``(N, latent)``.
            subsets: Subsets of at most 1,000 images over which KID is averaged.
        """
        features = torch.cat(
            [self.network.features(sample(generator, part)) for part in noise.split(500)]
        )
        distance = kid(
            features,
            self.features,
            subsets=subsets,
            generator=keyed(self.seed, "kid subsets"),
        )
        value = fid(_statistics(features), self.statistics)
        return Distances(value, distance, len(features), len(self.features))


def _statistics(features: Tensor) -> FeatureStatistics:
    statistics = FeatureStatistics()
    statistics.update(features)
    return statistics
