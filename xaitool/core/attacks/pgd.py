"""PGD: several steps by the gradient's sign, from random starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaitool.core.attacks.bim import BasicIterative
from xaitool.core.attacks.engine.draws import Draws
from xaitool.core.attacks.sign_ascent import IteratedOptions
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class ProjectedGradientDescentOptions(IteratedOptions):
    """Options of `ProjectedGradientDescent`."""

    steps: int = option(40, "Steps.", minimum=1)
    restarts: int = option(
        1, "Random starts; only the samples without success begin again.", minimum=1
    )


class ProjectedGradientDescent(BasicIterative):
    """Projected gradient descent in the L∞ ball (Madry et al. 2018, section 2.1).

    BIM from a uniformly random point of the ball, clamped to [0, 1]. Among the restarts of a
    sample without success the image of the largest loss is kept. The default step is
    ``2.5 * epsilon / steps``, the paper's for CIFAR-10; its MNIST attack is ``epsilon=0.3``,
    ``step_size=0.01`` in 40 steps.

    Example:
        >>> import torch
        >>> from xaitool.core.attacks.pgd import ProjectedGradientDescent
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        >>> images = torch.rand(4, 3, 8, 8)
        >>> labels = model(images).argmax(1)
        >>> attack = ProjectedGradientDescent(epsilon=0.1, steps=20, restarts=2)
        >>> result = attack.run(model, images, labels, generator=torch.Generator().manual_seed(0))
        >>> bool(result.success.all() and (result.linf <= 0.1 + 1e-6).all())
        True
        >>> torch.equal(model(result.images).argmax(1) != labels, result.success)
        True
    """

    Options: ClassVar[type[Options]] = ProjectedGradientDescentOptions

    @property
    def _restarts(self) -> int:
        return int(self.options.restarts)

    def _start(self, images: Tensor, row: Tensor, draws: Draws) -> Tensor:
        noise = 2 * draws.uniform(row, tuple(images.shape[1:])) - 1
        start: Tensor = (images + self.options.epsilon * noise).clamp(0, 1)
        return start
