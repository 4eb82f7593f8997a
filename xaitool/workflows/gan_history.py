"""What a run of ``train-gan`` says about its epochs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaitool.errors import ArtifactError
from xaitool.io.checkpoints import load_checkpoint
from xaitool.io.jsonl import MetricsLog
from xaitool.io.plain import Finite, checked
from xaitool.workflows.damage import damage_as_error
from xaitool.workflows.gan_networks import JudgedGan
from xaitool.workflows.run_directory import SavedConfig, read_json


@dataclass(frozen=True)
class GanHistory:
    """A run's epochs, and what its figures rest on.

    Attributes:
        path: The run directory.
        epochs: What was logged of each epoch, from the first one on.
        options: What it was trained with.
        features: SHA-256 of the feature network that judged it; None where none did.
        network: What that network is.
        images: Digest of the real images that it was judged by; of runs that do not say so, of
            those that it was trained on.
    """

    path: Path
    epochs: list[dict[str, Any]]
    options: dict[str, Any]
    features: str | None
    network: str | None
    images: str | None

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.resolve().name

    def values(self, key: str) -> list[float | None]:
        """A figure of every epoch; None where it was not measured.

        Raises:
            ArtifactError: It is no number.
        """
        values = [epoch.get(key) for epoch in self.epochs]
        return checked(values, list[Finite | None], f"{self.path / 'metrics.jsonl'} ({key})")

    def total(self, key: str, until: int | None) -> float | None:
        """The sum of a figure over the first epochs.

        Args:
            key: The figure.
            until: How many epochs; None stands for an epoch that there is not.

        Returns:
            The sum; None where one of its terms is unknown.
        """
        values = [] if until is None else self.values(key)[:until]
        known = [value for value in values if value is not None]
        return sum(known) if known and len(known) == len(values) else None

    @property
    def best_epoch(self) -> int:
        """The epoch that ``best.pt`` holds: of the lowest FID, else the last one (1-based)."""
        measured = [
            (value, number)
            for number, value in enumerate(self.values("fid"), 1)
            if value is not None
        ]
        return min(measured)[1] if measured else len(self.epochs)


def read_history(path: Path) -> GanHistory:
    """Read a run directory.

    Raises:
        ArtifactError: It is a file, has finished no epoch, or is damaged.
    """
    if path.is_file():
        raise ArtifactError(
            f"{path} is a checkpoint, but convergence is measured of a run directory",
            hint=f"the run may be {path.parent}",
        )
    epochs = MetricsLog(path / "metrics.jsonl").read()
    if not epochs:
        raise ArtifactError(
            f"{path} has no epoch in metrics.jsonl, but convergence is measured over epochs"
        )
    options = read_json(path / "config.json", SavedConfig).get("options")
    checkpoint = load_checkpoint(path, kind="gan", schema=JudgedGan)
    with damage_as_error(path):
        judged = checkpoint.get("features") or {}
        return GanHistory(
            path=path,
            epochs=epochs,
            options=dict(options or {}),
            features=judged.get("sha256"),
            network=judged.get("network"),
            images=judged.get("images") or checkpoint.get("dataset_digest"),
        )
