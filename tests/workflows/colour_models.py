"""Classifiers and an autoencoder of coloured digits whose behaviour is known, as files and code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xaitool.core.models.classifiers.build import build_classifier
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.io.checkpoints import save_checkpoint

HALVES = ("0-4", "5-9")
COLOURS = ("red", "green")
SHAPE = (3, 28, 28)
DATA = "biased-mnist:of=digits"


class ByColour(nn.Module):
    """The second class is green; its probability grows with the green share of the light."""

    def forward(self, images: Tensor) -> Tensor:
        light = images.flatten(2).sum(2)
        # On a black image there is no light to share.
        share = 0.1 + 0.8 * light[:, 1] / light.sum(1).clamp(min=1e-9)
        return torch.stack([(1 - share).log(), share.log()], 1)


class ByLight(nn.Module):
    """The probability of the first class grows with the mean of the image, whatever its colour."""

    def forward(self, images: Tensor) -> Tensor:
        share = 0.55 + 0.4 * images.flatten(1).mean(1)
        return torch.stack([share.log(), (1 - share).log()], 1)


class ByShape(nn.Module):
    """Compares the light of the upper and of the lower half."""

    def forward(self, images: Tensor) -> Tensor:
        upper, lower = images.amax(1).chunk(2, 1)
        return torch.stack([upper.flatten(1).sum(1), lower.flatten(1).sum(1)], 1)


class ByPattern(nn.Module):
    """A random linear function of the pixels less a half: sees both shape and colour."""

    def __init__(self, classes: int = 2) -> None:
        super().__init__()
        weights = torch.randn(3 * 28 * 28, classes, generator=torch.Generator().manual_seed(5))
        self.register_buffer("weights", weights)

    def forward(self, images: Tensor) -> Tensor:
        return (images.flatten(1) - 0.5) @ self.weights  # type: ignore[operator]


def factory(kind: type[nn.Module], arguments: str = "") -> Path:
    """How the command line names a class of this module."""
    return Path(f"{__name__}:{kind.__name__}{arguments}")


def wild_cvae() -> Cvae:
    """Never trained, but with weights so large that everything it is told changes its images."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = Cvae(SHAPE, 2, [2], latent=4)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)
    return model.eval()


def save_cvae(path: Path, **changes: Any) -> Path:
    """`wild_cvae` as a checkpoint, as if it had been trained on `DATA`."""
    content = {
        "shape": list(SHAPE),
        "classes": list(HALVES),
        "sensitive": {"colour": list(COLOURS)},
        "dataset": DATA,
        "config": {"dataset": DATA, "reconstruction": "bce"},
        "architecture": {"latent": 4, "network": "mlp"},
        "state": {"model": wild_cvae().state_dict()},
    }
    save_checkpoint(path, "cvae", {**content, **changes})
    return path


def save_lenet(path: Path, classes: tuple[str, ...], seed: int = 0, **config: Any) -> Path:
    """A LeNet-5 with random weights as a checkpoint; `config`: how it was trained."""
    normalisation: dict[str, Any] = {"mean": [0.0] * 3, "standard_deviation": [0.3] * 3}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = build_classifier("lenet5", shape=SHAPE, classes=len(classes), **normalisation)
    content: dict[str, Any] = {
        "architecture": "lenet5",
        "shape": list(SHAPE),
        "classes": list(classes),
        **normalisation,
        "config": {"dataset": DATA, "classes": None, "loss": "cross-entropy", **config},
        "state": {"model": model.state_dict()},
    }
    save_checkpoint(path, "classifier", content)
    return path
