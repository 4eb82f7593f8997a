"""The labels of real and of generated images, for objectives that have them."""

from __future__ import annotations

from dataclasses import dataclass

from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class LabelOptions(Options):
    """Options of `BinaryCrossEntropy` and `LeastSquares`.

    The generator wants its images to have the label of real ones.
    """

    real_label: float = option(
        1.0, "Label of real images; 0.9 smooths it.", above=0.5, maximum=1, unit="LABEL"
    )
    generated_label: float = option(
        0.0, "Label of generated images; 0.1 smooths it.", minimum=0, maximum=0.5, unit="LABEL"
    )
