"""Run directories of GANs as ``train-gan`` leaves them, without a training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xaitool.io.atomic import write_json
from xaitool.io.checkpoints import save_checkpoint
from xaitool.io.jsonl import MetricsLog
from xaitool.report.sample_grid import sample_grid


def gan_directory(
    path: Path,
    epochs: list[dict[str, Any]],
    *,
    features: str | None = "abc",
    network: str = "lenet5",
    digest: str = "images",
    judge_images: str | None = None,
    **options: Any,
) -> Path:
    """A run with a line in ``metrics.jsonl`` for each epoch.

    Args:
        path: The folder to make.
        epochs: What is logged of each, beside its number.
        features: Hash of the network that judged it.
        network: What it is.
        digest: Of its images.
        judge_images: Digest of those of its judge, where it says so.
        **options: Beside the seed 0.
    """
    path.mkdir(parents=True)
    command = {"seed": 0, "fid_samples": 100, "workers": 2, **options}
    write_json(path / "config.json", {"command": "train-gan", "options": command})
    log = MetricsLog(path / "metrics.jsonl")
    for number, epoch in enumerate(epochs, start=1):
        log.append({"epoch": number, "step": 10 * number, **epoch})
    judged = None if features is None else {"network": network, "sha256": features}
    if judged is not None and judge_images is not None:
        judged["images"] = judge_images
    save_checkpoint(path / "best.pt", "gan", {"features": judged, "dataset_digest": digest})
    return path


def timed(values: dict[str, list[Any]], train: float = 3.0, explain: float = 1.0) -> list[Any]:
    """Epochs of these figures, each of so many seconds of training."""
    return [
        {"train_seconds": train, "explain_seconds": explain, **dict(zip(values, row, strict=True))}
        for row in zip(*values.values(), strict=True)
    ]


def add_grid(run: Path, name: str, images: Any) -> None:
    """A sample grid of `images` in ``samples/``."""
    (run / "samples").mkdir(exist_ok=True)
    sample_grid(images).save(run / "samples" / f"{name}.png")
