"""Options that say how a user's own model is to be read; those of ``explain`` and ``evaluate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaitool.errors import ConfigError
from xaitool.options import Options, option

INPUT_OPTIONS = ("input_size", "resize", "interpolation", "channels", "mean", "std")
"""Those that say what the model sees of an image; an attribution file keeps them."""


@dataclass(frozen=True, kw_only=True)
class ModelOptions(Options):
    """What a model file does not say of itself; what is not given is the model's own.

    Raises:
        ConfigError: `mean` is given without `std` or the other way round, or there are 2 channels.
    """

    weights: Path | None = option(
        None,
        "Weights of a torchvision or factory model; default: torchvision's own.",
        panel="Model",
        unit="FILE",
    )
    architecture: str | None = option(
        None,
        "The package.module:factory that makes the network of a checkpoint that was trained on a "
        "user's own.",
        panel="Model",
        names_code=True,
        unit="FACTORY",
    )
    classes_file: Path | None = option(
        None,
        "Class names: a text file, one name a line, or JSON (a list, or index to name).",
        panel="Model",
        unit="FILE",
    )
    input_size: int | None = option(
        None,
        "Side of the square image that the model sees.",
        panel="Model",
        minimum=1,
        unit="PIXELS",
    )
    resize: int | None = option(
        None,
        "Side to which an image's shorter side is resized before the square is cut out; "
        "default: --input-size, where that is not the model's own.",
        panel="Model",
        minimum=1,
        unit="PIXELS",
    )
    interpolation: str | None = option(
        None,
        "How images are resized.",
        panel="Model",
        choices=("bilinear", "bicubic"),
        what="interpolation",
    )
    channels: int | None = option(
        None, "1 for a grey model, 3 for colour.", panel="Model", minimum=1, maximum=3, unit="1|3"
    )
    mean: tuple[float, ...] | None = option(
        None,
        "Normalise pixels in [0, 1] by this mean, one a channel or one for all.",
        panel="Model",
        minimum=0,
        maximum=1,
        unit="MEAN,...",
    )
    std: tuple[float, ...] | None = option(
        None,
        "Normalise by this standard deviation, one a channel or one for all.",
        panel="Model",
        above=0,
        unit="STD,...",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels == 2:
            raise ConfigError("--channels is 2, but 1 or 3 is wanted")
        if (self.mean is None) != (self.std is None):
            given, other = ("--std", "--mean") if self.mean is None else ("--mean", "--std")
            raise ConfigError(f"{given} is given without {other}, but both are wanted")

    def input_options(self) -> dict[str, Any]:
        """Those of `INPUT_OPTIONS` that were given, as plain JSON values."""
        values = self.to_dict()
        return {name: values[name] for name in INPUT_OPTIONS if values[name] is not None}
