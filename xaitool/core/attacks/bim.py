"""BIM: several steps by the gradient's sign."""

from __future__ import annotations

from typing import ClassVar

from xaitool.core.attacks.sign_ascent import IteratedOptions, SignAscent
from xaitool.options import Options

_REACH = 2.5


class BasicIterative(SignAscent):
    """The basic iterative method, or iterative FGSM (Kurakin et al. 2017, section 2.2).

    From the image itself; the default step is ``2.5 * epsilon / steps``, so that every pixel can
    cross its budget. The paper's step is one grey level, 1/255, and its number of steps follows
    from epsilon, ``min(255 * epsilon + 4, 1.25 * 255 * epsilon)``; here both are options.

    Example:
        >>> import torch
        >>> from xaitool.core.attacks.bim import BasicIterative
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        >>> images = torch.rand(4, 3, 8, 8)
        >>> labels = model(images).argmax(1)
        >>> attack = BasicIterative(epsilon=0.1, steps=20, step_size=1 / 255, stop_early=False)
        >>> result = attack.run(model, images, labels, generator=torch.Generator())
        >>> result.steps
        tensor([20, 20, 20, 20])
        >>> bool((result.linf <= 20 / 255 + 1e-6).all())
        True
    """

    Options: ClassVar[type[Options]] = IteratedOptions

    @property
    def _step_size(self) -> float:
        given = self.options.step_size
        return float(_REACH * self.options.epsilon / self._steps if given is None else given)
