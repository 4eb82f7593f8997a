"""A CVAE that is measured, and the images."""

from __future__ import annotations

from pathlib import Path

from xaitool.data.dataset import ImageDataset
from xaitool.data.sensitive import require_sensitive
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.counterfactuals.cvae import LoadedCvae, check_cvae, load_cvae
from xaitool.workflows.models.datasets import loaded
from xaitool.workflows.runs.runtime import Runtime


def load_cvae_and_data(
    path: Path, config: EvaluateConfig, runtime: Runtime
) -> tuple[LoadedCvae, ImageDataset]:
    """The autoencoder, and the dataset that the options name, else that of its training.

    Args:
        path: Its checkpoint or run.
        config: The options.
        runtime: Where it computes.

    Raises:
        ArtifactError: It cannot be loaded.
        DataError: The dataset is absent or damaged, or has no sensitive attribute.
        ModelError: The autoencoder was trained for other images, labels or attributes.
    """
    found = load_cvae(path, runtime)
    name = config.dataset or found.dataset
    own = found.config if name == found.dataset else {}
    channels, side, _ = found.shape
    dataset = loaded(
        name,
        "train" if config.split == "train" else "test",
        config,
        label=own.get("label"),
        sensitive=own.get("sensitive"),
        classes=own.get("classes"),
        image_size=side,
        channels=channels,
    )
    require_sensitive(dataset, f"CVAE {found.path}")
    check_cvae(
        found,
        shape=dataset.shape,
        classes=dataset.classes,
        sensitive=dataset.sensitive_names,
    )
    return found, dataset
