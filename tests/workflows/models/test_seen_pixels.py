"""A picture is the same pixels to a model, whichever way it comes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torchvision.models import squeezenet1_1
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as transforms

from tests.workflows.own_module import work_beside
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.counterfactuals.training_data import load_targeted_data
from xaitool.workflows.evaluation.subjects import load_classifier_and_data
from xaitool.workflows.explanations.baselines import OptionSupply
from xaitool.workflows.explanations.images import open_images
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.progress import SilentReporter
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
TIMM_LIKE = """
from torch import nn

def make():
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    network.pretrained_cfg = {
        "input_size": (3, 48, 48), "crop_pct": 0.9, "interpolation": "bicubic",
        "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.2, 0.3),
    }
    return network
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work_beside(tmp_path, monkeypatch, "timm_like", TIMM_LIKE)
    torch.save(squeezenet1_1(num_classes=2).state_dict(), "weights.pth")
    random = np.random.default_rng(0)
    for row, label in enumerate("aabb"):
        # Neither square nor alike, so that every step of the way to a square counts.
        size = (70 + 20 * row, 90)
        path = Path("pictures/train") / label / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = random.integers(0, 256, (9, 7, 3), dtype=np.uint8)
        Image.fromarray(noise).resize(size, Image.Resampling.NEAREST).save(path)


def expected(path: Path, resize: int, crop: int, interpolation: str) -> Tensor:
    """As torchvision's own transforms make it."""
    image = Image.open(path)
    image = transforms.resize(image, [resize], InterpolationMode(interpolation))
    tensor: Tensor = transforms.to_tensor(transforms.center_crop(image, [crop, crop]))
    return tensor


@pytest.mark.filterwarnings("ignore::xaitool.errors.ModelWarning")
@pytest.mark.parametrize(
    ("model", "weights", "framing"),
    [
        ("torchvision:squeezenet1_1", Path("weights.pth"), (256, 224, "bilinear")),
        ("timm_like:make", None, (53, 48, "bicubic")),
    ],
)
def test_files_datasets_baselines_and_counterfactuals_see_the_same(
    model: str, weights: Path | None, framing: tuple[int, int, str]
) -> None:
    files = sorted(Path("pictures").rglob("*.png"))
    everything = list(range(len(files)))
    wanted = torch.stack([expected(path, *framing) for path in files])
    classifier = load_classifier(model, weights, CPU)
    named = ExplainConfig(images=tuple(files), model=model, weights=weights)
    whole = ExplainConfig(dataset="folder:pictures", split="train", references=len(files))
    for config in (named, whole):
        assert torch.equal(open_images(config, classifier).read(everything).images, wanted)
    measured = EvaluateConfig(
        artifacts=(Path(model),), weights=weights, dataset="folder:pictures", split="train"
    )
    _, dataset = load_classifier_and_data(Path(model), measured, CPU)
    assert torch.equal(dataset.images(everything), wanted)
    drawn = OptionSupply("dataset", whole, classifier, CPU, None).references()
    # Drawn in another order.
    assert {int((wanted == one).flatten(1).all(1).nonzero()) for one in drawn} == set(everything)
    training = TrainBaselineGanConfig(classifier=model, dataset="folder:pictures")
    targeted = load_targeted_data(Context(training, CPU, SilentReporter()), classifier)
    assert torch.equal(targeted.images(everything), wanted)
