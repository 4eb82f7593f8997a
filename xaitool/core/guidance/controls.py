"""What a claim about guidance has to be compared with: masks of the same size that know less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaitool.core.guidance.evidence import Evidence, References, load_evidence
from xaitool.core.score import Output
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class ControlOptions(Options):
    """Options of `Control`."""

    of: str = option("shap", "The explanation whose mask is spoilt.")


class Control(Evidence):
    """The mask of another explanation, spoilt.

    Args:
        output: See `Evidence`.
        options: ``of=NAME`` of the other explanation.

    Raises:
        UnknownNameError: There is no such explanation.
    """

    Options = ControlOptions

    def __init__(self, output: Output = "logit", options: Sequence[str] = ()) -> None:
        super().__init__(output, options)
        self.original = load_evidence(self.options.of, output)  # type: ignore[attr-defined]
        self.compares = self.original.compares

    @property
    def references(self) -> int:  # type: ignore[override]
        """As many as the other explanation wants."""
        return self.original.references

    def values(
        self, generated: Tensor, discriminator: nn.Module, references: References | None
    ) -> Tensor:
        """See `Evidence.values`."""
        return self.original.values(generated, discriminator, references)


class RandomControl(Control):
    """The pixels of each sample's mask, permuted: its values, and not its places."""

    def reshape(self, mask: Tensor, random: torch.Generator) -> Tensor:
        """See `Evidence.reshape`; the channels of a pixel stay together."""
        count, _, height, width = mask.shape
        order = torch.rand(count, 1, height * width, generator=random).argsort(2)
        order = order.to(mask.device, non_blocking=True)
        return mask.flatten(2).gather(2, order.expand_as(mask.flatten(2))).view_as(mask)


class ConstantControl(Control):
    """The mean of each sample's mask, at every pixel: its size, and not its shape."""

    def reshape(self, mask: Tensor, random: torch.Generator) -> Tensor:
        """See `Evidence.reshape`."""
        return mask.mean((1, 2, 3), keepdim=True).expand_as(mask)
