"""What every GAN objective shares: the contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor

from xaitool.options import NoOptions, Options


class GanObjective(ABC):
    """What the discriminator and the generator minimise.

    Logits are ``(N, 1)``, floating, unbounded, larger for what looks real. Losses are scalars,
    means over samples. Nothing is read back from the device.

    Args:
        **options: The fields of `Options`.

    Raises:
        ConfigError: An option is unknown or out of range.

    Attributes:
        boundary: Logit below which an image counts as judged generated; None where logits have no
            such place.
        default_critic_steps: Steps of the discriminator for one of the generator.
        per_sample_critic: Whether every image must be judged by itself, so that batch
            normalisation has no place in the discriminator.

    Example:
        Every objective is used like this one.

        >>> import torch
        >>> from xaitool.core.objectives.hinge import Hinge
        >>> objective = Hinge()
        >>> real, generated = torch.tensor([[2.0], [0.0]]), torch.tensor([[-3.0], [1.0]])
        >>> objective.discriminator_loss(real, generated).item()  # (0 + 1) / 2 + (0 + 2) / 2
        1.5
        >>> objective.generator_loss(generated).item()
        1.0
    """

    Options: ClassVar[type[Options]] = NoOptions
    boundary: float | None = 0.0
    default_critic_steps: ClassVar[int] = 1
    per_sample_critic: ClassVar[bool] = False

    def __init__(self, **options: Any) -> None:
        self.options: Any = self.Options.from_mapping(options, source=type(self).__name__)

    @abstractmethod
    def discriminator_loss(self, real_logits: Tensor, generated_logits: Tensor) -> Tensor:
        """What the discriminator minimises, without its penalty.

        Args:
            real_logits: Of real images, ``(N, 1)``.
            generated_logits: Of generated ones, ``(M, 1)``.
        """

    @abstractmethod
    def generator_loss(self, generated_logits: Tensor) -> Tensor:
        """What the generator minimises, from logits ``(N, 1)`` of its images."""

    def penalty(
        self,
        discriminator: Callable[[Tensor], Tensor],
        real: Tensor,
        generated: Tensor,
        random: torch.Generator,
    ) -> Tensor | None:
        """What is added to the discriminator's loss, already weighted; None: nothing.

        Args:
            discriminator: From images in the GAN's range to logits ``(N, 1)``.
            real: ``(N, C, H, W)``.
            generated: Same shape.
            random: CPU generator for what is drawn.

        Returns:
            A scalar, differentiable in the discriminator's parameters only.
        """
        return None
