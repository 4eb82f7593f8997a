"""The networks, photos and digits that the benchmarks run on."""

from __future__ import annotations

import copy
import os
import sys
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.datasets import MNIST
from torchvision.models import get_model
from torchvision.transforms.functional import center_crop, pil_to_tensor, resize

from xaitool.core.models.normalise import Normalise
from xaitool.workflows.runs.runtime import Runtime

RUNTIME = Runtime(torch.device("cuda" if torch.cuda.is_available() else "cpu"), dtype=torch.float32)
WEIGHTS = {"mobilenet_v2": "mobilenet_v2.pth", "resnet18": "resnet18_fp16.pth"}


def finish() -> None:
    """Wait for the device."""
    if RUNTIME.device.type == "cuda":
        torch.cuda.synchronize()


def data() -> Path:
    """The folder that XAITOOL_DATA names, or exit."""
    if "XAITOOL_DATA" not in os.environ:
        sys.exit("error: XAITOOL_DATA is not set, but the folder of the real data is wanted")
    return Path(os.environ["XAITOOL_DATA"])


def network(name: str) -> nn.Module:
    """A network of torchvision as a user has it: parameters require a gradient, layout NCHW."""
    weights = torch.load(data() / "imagenet" / "weights" / WEIGHTS[name], weights_only=True)
    model = get_model(name)
    model.load_state_dict(weights)
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    return nn.Sequential(Normalise(mean, deviation), model).eval().to(RUNTIME.device)


def as_loaded(model: nn.Module) -> nn.Module:
    """A copy in the layout in which the tool loads a network."""
    return copy.deepcopy(model).eval().to(memory_format=torch.channels_last)


def photo_files() -> list[Path]:
    """The photos, by name."""
    return sorted((data() / "imagenet" / "photos").glob("*.jpg"))


def photo(path: Path) -> Tensor:
    """One as ``(3, 224, 224)`` in [0, 1], resized and cropped as torchvision does."""
    with Image.open(path) as image:
        pixels = pil_to_tensor(image.convert("RGB")) / 255
    square: Tensor = center_crop(resize(pixels, [256], antialias=True), [224, 224])
    return square.clamp(0, 1)


def some_photos(count: int) -> Tensor:
    """Photos ``(count, 3, 224, 224)``, taken evenly from all."""
    files = photo_files()
    chosen = [files[index * len(files) // count] for index in range(count)]
    return torch.stack([photo(path) for path in chosen]).to(RUNTIME.device)


def digits() -> tuple[Tensor, Tensor]:
    """MNIST's training images ``(60000, 1, 28, 28)`` in [0, 1] and labels."""
    mnist = MNIST(data(), train=True)
    pixels, labels = mnist.data[:, None] / 255, mnist.targets
    return pixels.to(RUNTIME.device), labels.to(RUNTIME.device)


def digit_network() -> nn.Sequential:
    """A CNN of distinct modules, on which all peers are right, trained briefly."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(1568, 100), nn.ReLU(), nn.Linear(100, 10),
    ).to(RUNTIME.device)  # fmt: skip
    images, labels = digits()
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    for start in range(0, 10000, 100):
        optimiser.zero_grad()
        part = slice(start, start + 100)
        nn.functional.cross_entropy(model(images[part]), labels[part]).backward()
        optimiser.step()
    return model.eval()


class OneClass(nn.Module):
    """A network's logit of one class, ``(N, 1)``: some peers explain all outputs."""

    def __init__(self, model: nn.Module, label: int) -> None:
        super().__init__()
        self.model, self.label = model, label

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.model(images)
        return logits[:, self.label : self.label + 1]


def relative(ours: Tensor, peer: Tensor) -> float:
    """Euclidean length of the difference over that of the peer's."""
    return float((ours - peer).norm() / peer.norm())
