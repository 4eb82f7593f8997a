"""What a guidance is: a mask for the gradient that reaches a generator's output."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from xaitool.core.score import Output, Score


class Guidance(ABC):
    """Makes a mask a generated image.

    Args:
        references: Real images a generated one is compared with, where that is wanted.
        output: Which output of the discriminator is explained; ``probability`` is the sigmoid.
    """

    def __init__(self, *, references: int = 1, output: Output = "probability") -> None:
        self.references = references
        self.output = output

    @abstractmethod
    def mask(
        self, generated: Tensor, discriminator: nn.Module, real: Tensor, random: torch.Generator
    ) -> Tensor | None:
        """The mask of a batch; the discriminator is left as it was.

        Args:
            generated: ``(N, C, H, W)`` in the GAN's own range; detached.
            discriminator: From such images to logits ``(N, 1)``.
            real: Real images ``(M, C, H, W)`` in the same range, to compare with.
            random: CPU generator for what is drawn.

        Returns:
            ``(N, C, H, W)``, finite, in [0, 1]; None leaves the gradient as it is.
        """

    def _score(self, images: Tensor) -> Score:
        column = torch.zeros(len(images), dtype=torch.int64, device=images.device)
        return Score(column, output=self.output)


def guide(gradient: Tensor, mask: Tensor) -> Tensor:
    """The gradient at the generator's output, masked: LogicGAN, Algorithm 1, line 7.

    Args:
        gradient: Of the generator's loss, ``(N, C, H, W)``.
        mask: Same shape, in [0, 1].
    """
    return gradient * mask


def magnitude_mask(values: Tensor) -> Tensor:
    """``|values| / max |values|`` of each sample, in [0, 1].

    LogicGAN (section 3) takes absolute values and normalises to [0, 1] without saying over what;
    its first code took one minimum and maximum over the whole batch, so that one strongly explained
    image weakened the gradients of all others. Here each sample has its own maximum, and a sample
    whose values are all zero keeps its gradient (mask 1).

    Args:
        values: Attributions ``(N, C, H, W)``, finite.
    """
    magnitude = values.abs()
    largest = magnitude.amax(dim=(1, 2, 3), keepdim=True)
    return torch.where(
        largest > 0, magnitude / largest.clamp(min=torch.finfo(values.dtype).tiny), 1.0
    )
