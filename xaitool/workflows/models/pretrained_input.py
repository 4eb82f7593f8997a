"""What a model of timm says of its own input."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

from torch import nn

from xaitool.data.files.images import Interpolation
from xaitool.errors import ModelError, ModelNote, ModelWarning
from xaitool.workflows.models.input import ModelInput

CROP_SHARE = 0.875
"""timm's own, where a model names none: the square's side over that of the resized picture."""


def stated_input(model: nn.Module, source: str) -> ModelInput | None:
    """The input that a model's ``pretrained_cfg``, formerly ``default_cfg``, tells; None without.

    As timm evaluates its weights: the shorter side becomes the square's side over ``crop_pct``,
    rounded down, and what the network gets is normalised. What is taken is a `ModelNote`, or a
    `ModelWarning` where it is not done as it says.

    Args:
        model: As its factory returned it.
        source: As ``--model`` names it.

    Raises:
        ModelError: It tells what cannot be: no square, or a mean of other channels.
    """
    facts = _facts(model)
    if not {"input_size", "mean", "std"} <= facts.keys():
        return None
    try:
        channels, height, width = map(int, facts["input_size"])
        mean, deviation = (tuple(map(float, facts[name])) for name in ("mean", "std"))
        crop_share = float(facts.get("crop_pct") or CROP_SHARE)
        fits = height == width > 0 and len(mean) == len(deviation) == channels in (1, 3)
        fits &= 0 < crop_share <= 1 and all(one > 0 for one in deviation)
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise ModelError(
            f"the pretrained_cfg of model {source} has {_text(facts)}, but a square input_size, "
            "a mean and a std for each of 1 or 3 channels, and a crop_pct of at most 1 are wanted"
        )
    bilinear = facts.get("interpolation") == "bilinear"
    interpolation: Interpolation = "bilinear" if bilinear else "bicubic"
    seen = ModelInput(
        channels, math.floor(height / crop_share), height, interpolation, mean, deviation
    )
    told = f"model {source}: images and normalisation are its pretrained_cfg's: {_text(facts)}"
    departure = _departure(facts)
    warnings.warn(told + departure, ModelWarning if departure else ModelNote, stacklevel=2)
    return seen


def _facts(model: nn.Module) -> Mapping[str, Any]:
    for name in ("pretrained_cfg", "default_cfg"):
        stated: Any = getattr(model, name, None)
        stated = stated.to_dict() if hasattr(stated, "to_dict") else stated
        if isinstance(stated, Mapping):
            return stated
    return {}


def _departure(facts: Mapping[str, Any]) -> str:
    """What is done otherwise than it says."""
    if facts.get("interpolation", "bicubic") not in ("bilinear", "bicubic"):
        return "; resized bicubic instead, --interpolation chooses"
    if facts.get("crop_mode", "center") not in ("center", None):
        return "; the centre is cut instead"
    return ""


def _text(facts: Mapping[str, Any]) -> str:
    names = ("input_size", "crop_pct", "crop_mode", "interpolation", "mean", "std")
    return ", ".join(f"{name} {facts[name]}" for name in names if facts.get(name))
