"""The real images' side of a judgement: computed once, kept in the cache."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import torch
from torch import Tensor

from xaitool.core.metrics.generation.feature_distance import mean_distance
from xaitool.core.metrics.generation.manifold import Manifold
from xaitool.core.seeding import random_stream
from xaitool.data.cache import cache_directory
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ArtifactError
from xaitool.io.atomic import LONG_AGO, remove_partials
from xaitool.io.checkpoints import load_checkpoint, save_checkpoint
from xaitool.io.damage import damage_as_error
from xaitool.workflows.features.gathered import GatheredFeatures
from xaitool.workflows.features.lenet import weights_sha256
from xaitool.workflows.features.source import ImageFeatures

KIND = "reference-features"
VERSION = 1  # of what is kept: a change makes other files
ROWS = 500  # images at a time


class _CachedFeatures(TypedDict):
    """What a file of the cache holds."""

    sha256: str
    tensors: dict[str, Tensor]


@dataclass(frozen=True)
class ReferenceFeatures:
    """What generated images are compared with.

    Attributes:
        gathered: Of all chosen images.
        manifold: Of the first of them, for the metrics of nearest neighbours.
        distance: Mean distance between two of these.
    """

    gathered: GatheredFeatures
    manifold: Manifold
    distance: float


def reference_features(
    network: ImageFeatures,
    dataset: ImageDataset,
    *,
    most: int,
    neighbours_most: int,
    seed: int,
    device: torch.device,
) -> ReferenceFeatures:
    """Gather them, or read them from the cache.

    A file in the cache belongs to one network, dataset, selection, seed and kind of device; it is
    checked by its hash, and one that is damaged is computed anew. A cache that cannot be written
    costs time only.

    Args:
        network: The features.
        dataset: The real images.
        most: Use at most so many, chosen by `seed`.
        neighbours_most: At most so many of these behind manifold and distance.
        seed: The run's seed.
        device: Where features are computed.

    Raises:
        InputError: The network does not take the images, or there are fewer than two.
    """
    chosen = torch.randperm(len(dataset), generator=random_stream(seed, "real images"))[:most]
    first = network.features(dataset.images(chosen[:1]).to(device))
    key = (VERSION, network.name, network.sha256, str(first.dtype), dataset.digest, dataset.classes)
    text = f"{key} {len(chosen)} {neighbours_most} {seed} {device.type}"
    path = cache_directory() / "judging" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.pt"
    reference = _read(path, device)
    if reference is None:
        reference = _gather(network, dataset, chosen, neighbours_most, device)
        with contextlib.suppress(OSError):
            _keep(path, reference)
    return reference


def _gather(
    network: ImageFeatures,
    dataset: ImageDataset,
    chosen: Tensor,
    neighbours_most: int,
    device: torch.device,
) -> ReferenceFeatures:
    gathered = GatheredFeatures()
    for part in chosen.split(ROWS):
        gathered.update(network, dataset.images(part).to(device))
    near = gathered.features[:neighbours_most]
    return ReferenceFeatures(gathered, Manifold.of(near), mean_distance(near))


def _keep(path: Path, reference: ReferenceFeatures) -> None:
    tensors = {
        **reference.gathered.to_dict(),
        "near": reference.manifold.features,
        "nearest": reference.manifold.nearest,
        "distance": torch.tensor(reference.distance, dtype=torch.float64),
    }
    tensors = {name: tensor.cpu() for name, tensor in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_partials(path.parent.resolve(), older_than=LONG_AGO)
    save_checkpoint(path, KIND, {"sha256": weights_sha256(tensors), "tensors": tensors})


def _read(path: Path, device: torch.device) -> ReferenceFeatures | None:
    """None where there is no whole file."""
    if not path.is_file():
        return None
    try:
        content = load_checkpoint(path, kind=KIND, schema=_CachedFeatures)
        tensors: dict[str, Tensor] = content["tensors"]
        if weights_sha256(tensors) != content["sha256"]:
            return None
        with damage_as_error(path):
            distance = tensors.pop("distance").item()
            tensors = {name: _on(tensor, device) for name, tensor in tensors.items()}
            manifold = Manifold(tensors.pop("near"), tensors.pop("nearest"))
            return ReferenceFeatures(GatheredFeatures.from_dict(tensors), manifold, distance)
    except ArtifactError:
        return None


def _on(tensor: Tensor, device: torch.device) -> Tensor:
    """On the device, unless it is MPS, which has no float64."""
    return tensor if device.type == "mps" and tensor.dtype == torch.float64 else tensor.to(device)
