"""The one-vs-one maps of an attribution file: one a sample, or one for each class."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.io.attributions import AttributionRows


@dataclass(frozen=True)
class OneVsOneMaps:
    """P maps, each of a target class held against another.

    Attributes:
        sample: Which sample a map explains, int64 ``(P,)``.
        target: Class that was explained, int64 ``(P,)``.
        against: The other class, int64 ``(P,)``, -1 where there is none.
        values: ``(P, C, H, W)``.
    """

    sample: Tensor
    target: Tensor
    against: Tensor
    values: Tensor


def one_vs_one_maps(samples: AttributionRows) -> OneVsOneMaps:
    """All maps of some samples, those of a sample side by side."""
    if "class_values" not in samples.extra:
        places = torch.arange(len(samples))
        return OneVsOneMaps(places, samples.target, samples.against, samples.attribution)
    chosen = samples.extra["classes"]
    sample, column = (chosen >= 0).nonzero(as_tuple=True)
    values = samples.extra["class_values"][sample, column]
    return OneVsOneMaps(sample, samples.target[sample], chosen[sample, column], values)
