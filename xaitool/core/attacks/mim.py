"""MIM: steps by the sign of accumulated gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaitool.core.attacks.sign_ascent import IteratedOptions, SignAscent
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class MomentumIterativeOptions(IteratedOptions):
    """Options of `MomentumIterative`."""

    decay: float = option(1.0, "What remains of the momentum at every step.", minimum=0)


class MomentumIterative(SignAscent):
    """The momentum iterative method, MI-FGSM (Dong et al. 2018, algorithm 1).

    ``g <- decay * g + gradient / |gradient|_1`` and a step by the sign of g; the default step is
    ``epsilon / steps``. The norm is taken as the mean over the pixels instead of the sum, which
    scales all of g and changes no sign. Where the gradient is 0 the momentum carries on alone;
    torchattacks divides by zero there and never moves the sample again. foolbox takes the signs
    of the gradients before it adds them up, which is another method.

    Example:
        >>> import torch
        >>> from xaitool.core.attacks.mim import MomentumIterative
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        >>> images = torch.rand(4, 3, 8, 8)
        >>> labels = model(images).argmax(1)
        >>> attack = MomentumIterative(epsilon=0.1, steps=10, decay=0.9)
        >>> result = attack.run(model, images, labels, generator=torch.Generator())
        >>> bool(result.success.all() and (result.linf <= 0.1 + 1e-6).all())
        True
    """

    Options: ClassVar[type[Options]] = MomentumIterativeOptions

    @property
    def _step_size(self) -> float:
        given = self.options.step_size
        return float(self.options.epsilon / self._steps if given is None else given)

    def _memory(self, images: Tensor) -> Tensor:
        return torch.zeros_like(images)

    def _direction(self, gradient: Tensor, memory: Tensor) -> Tensor:
        size = gradient.abs().mean((1, 2, 3), keepdim=True)
        memory.mul_(self.options.decay).add_(
            gradient / size.clamp(min=torch.finfo(size.dtype).tiny)
        )
        return memory
