"""The ways in which the sensitive attributes of a dataset can move."""

from __future__ import annotations

from pathlib import Path

import torch

from xaitool.core.counterfactuals.cvae_path import CvaePath
from xaitool.core.counterfactuals.recolouring import RecolouringPath
from xaitool.data.dataset import ImageDataset
from xaitool.data.sets.coloured_mnist import COLOURS
from xaitool.workflows.counterfactuals.cvae import LoadedCvae, check_cvae, load_cvae
from xaitool.workflows.runs.runtime import Runtime

CVAE, RECOLOUR = "cvae", "recolour"

LOOKED_AT = 64


def path_by_cvae(
    file: Path, dataset: ImageDataset, runtime: Runtime
) -> tuple[CvaePath, LoadedCvae]:
    """The path of an autoencoder that was trained on such images, and the autoencoder.

    Args:
        file: Its checkpoint or run.
        dataset: The images, with sensitive attributes.
        runtime: Where it computes.

    Raises:
        ArtifactError: It cannot be loaded.
        ModelError: It was trained for other images, labels or attributes.
    """
    cvae = load_cvae(file, runtime)
    check_cvae(
        cvae,
        shape=dataset.shape,
        classes=dataset.classes,
        sensitive=dataset.sensitive_names,
    )
    return CvaePath(cvae.model), cvae


def path_by_recolouring(dataset: ImageDataset) -> RecolouringPath | None:
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
