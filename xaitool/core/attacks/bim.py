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
        Continues that of `Attack`.

        >>> attack = BasicIterative(epsilon=0.1, steps=20, step_size=1 / 255, stop_early=False)
        >>> attack.run(model, images, labels, generator=torch.Generator()).steps
        tensor([20, 20, 20, 20])
    """

    Options: ClassVar[type[Options]] = IteratedOptions

    @property
    def _step_size(self) -> float:
        given = self.options.step_size
        return float(_REACH * self.options.epsilon / self._steps if given is None else given)
