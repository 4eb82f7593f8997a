"""What a counterfactual path is, and which value an attribute takes at its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from xaitool.core.batching import ROWS
from xaitool.errors import ConfigError, ShapeError


class CounterfactualPath(ABC):
    """Images between one and its counterfactual: only the sensitive attributes move.

    Qiang et al. 2022 (CIA), equation 5: at the place δ in [0, 1] they are ``(1 - δ) s + δ s'``. All
    attributes move together.
    """

    @abstractmethod
    def points(
        self,
        images: Tensor,
        labels: Tensor,
        attributes: Tensor,
        counterfactual: Tensor,
        places: Tensor,
        rows: int = ROWS,
    ) -> Tensor:
        """The images at these places.

        Args:
            images: ``(N, C, H, W)`` in [0, 1].
            labels: int64 ``(N,)``.
            attributes: int64 ``(N, A)``, those of the images.
            counterfactual: int64 ``(N, A)``, those at the end.
            places: ``(P,)`` in [0, 1]: at 0 the images have their own attributes, at 1 the others.
            rows: Largest number of images in one forward pass, for those that make any. It changes
                nothing but rounding.

        Returns:
            ``(N, P, C, H, W)`` in [0, 1], dtype and device of `images`, without a gradient.

        Raises:
            ShapeError: Images or attributes are not those that the path is for.
        """

    @abstractmethod
    def infer(self, images: Tensor, labels: Tensor, rows: int = ROWS) -> Tensor:
        """The attributes of images for which nobody tells them.

        Args:
            images: ``(N, C, H, W)`` in [0, 1].
            labels: int64 ``(N,)``.
            rows: As of `points`.

        Returns:
            int64 ``(N, A)``, on the device of `images`.
        """


def counterfactual_values(
    attributes: Tensor, sizes: Sequence[int], generator: torch.Generator | None = None
) -> Tensor:
    """For every attribute a value that the image does not have.

    Of two values that is the other one. Of more, the paper tells nothing: it is drawn uniformly
    among the others, or without a generator it is the next one, after the last the first.

    Args:
        attributes: int64 ``(N, A)``.
        sizes: How many values each attribute has, at least two.
        generator: A CPU generator.

    Returns:
        int64 ``(N, A)`` on the device of `attributes`.

    Raises:
        ShapeError: There is not one column for each size.
        ConfigError: An attribute has no second value.
    """
    if attributes.ndim != 2 or attributes.shape[1] != len(sizes):
        raise ShapeError(
            f"the attributes are {tuple(attributes.shape)}, but (N, {len(sizes)}) is wanted"
        )
    if min(sizes, default=2) < 2:
        raise ConfigError("an attribute has one value, but a counterfactual wants a second")
    count = len(attributes)
    steps = [
        torch.ones(count, dtype=torch.int64)
        if generator is None
        else torch.randint(1, size, (count,), generator=generator)
        for size in sizes
    ]
    if not steps:
        return attributes.clone()
    turned = attributes + torch.stack(steps, 1).to(attributes.device, non_blocking=True)
    return turned % torch.tensor(sizes, device=attributes.device)
