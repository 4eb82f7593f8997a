"""What models of timm say of their input; timm itself is not needed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pytest
from torch import nn

from xaitool.errors import ModelError, ModelWarning
from xaitool.workflows.models.pretrained_input import stated_input

# Of timm's resnet50.a1_in1k.
FACTS: dict[str, Any] = {
    "architecture": "resnet50",
    "input_size": (3, 224, 224),
    "crop_pct": 0.95,
    "crop_mode": "center",
    "interpolation": "bicubic",
    "mean": (0.485, 0.456, 0.406),
    "std": (0.229, 0.224, 0.225),
}


@dataclass
class PretrainedCfg:
    input_size: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def model(name: str, facts: object) -> nn.Module:
    made = nn.Identity()
    setattr(made, name, facts)
    return made


@pytest.mark.parametrize("name", ["pretrained_cfg", "default_cfg"])
def test_what_is_said_is_what_is_seen(name: str) -> None:
    with pytest.warns(ModelWarning, match=r"model net: .* \(3, 224, 224\), crop_pct 0.95") as told:
        seen = stated_input(model(name, FACTS), "net")
    assert seen is not None
    # 224 / 0.95 is 235.79, which timm rounds down.
    assert (seen.resize, seen.crop, seen.interpolation) == (235, 224, "bicubic")
    assert (seen.mean, seen.standard_deviation) == (FACTS["mean"], FACTS["std"])
    assert "instead" not in str(told[0].message)


@pytest.mark.filterwarnings("ignore::xaitool.errors.ModelWarning")
def test_forms_and_defaults_of_timm() -> None:
    facts = PretrainedCfg((1, 28, 28), (0.5,), (0.5,), "bilinear")
    seen = stated_input(model("pretrained_cfg", facts), "net")
    assert seen is not None
    assert (seen.channels, seen.resize, seen.crop) == (1, 32, 28)  # crop_pct is 0.875
    assert seen.interpolation == "bilinear"


@pytest.mark.parametrize("facts", [None, {}, {"num_classes": 3}, "resnet50"])
def test_nothing_is_said(facts: object) -> None:
    assert stated_input(model("pretrained_cfg", facts), "net") is None
    assert stated_input(nn.Identity(), "net") is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"interpolation": "lanczos"}, "resized bicubic instead"),
        ({"crop_mode": "squash"}, "the centre is cut instead"),
    ],
)
def test_what_is_done_otherwise_is_said(changes: dict[str, Any], said: str) -> None:
    with pytest.warns(ModelWarning, match=said):
        stated_input(model("pretrained_cfg", FACTS | changes), "net")


@pytest.mark.parametrize(
    "changes",
    [
        {"input_size": (3, 224, 160)},
        {"input_size": "large"},
        {"mean": (0.5,)},
        {"crop_pct": 1.5},
        {"std": (0.0, 1.0, 1.0)},
    ],
)
def test_what_cannot_be(changes: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=r"the pretrained_cfg of model net has .*, but a square"):
        stated_input(model("pretrained_cfg", FACTS | changes), "net")
