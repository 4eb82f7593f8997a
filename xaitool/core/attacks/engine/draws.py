"""Random numbers of a batch, each sample's its own."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.seeding import sample_streams


class Draws:
    """One stream of random numbers a sample, keyed by a seed and the sample's pixels.

    So neither the order and the batching of samples nor when others are done changes a draw.

    Args:
        images: ``(N, C, H, W)``.
        *keys: The run's seed and a purpose.
    """

    def __init__(self, images: Tensor, *keys: int | str) -> None:
        self._like = images
        self._keys = keys
        self._generators: list[torch.Generator] = []

    def uniform(self, row: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The next numbers of these samples.

        Args:
            row: Which samples, int64 ``(n,)``.
            shape: Of the numbers of one sample.

        Returns:
            ``(n, *shape)`` in [0, 1), of the images' dtype and device.
        """
        # A draw in float64 is the same for images of any precision.
        drawn = [torch.rand(shape, generator=one, dtype=torch.float64) for one in self._chosen(row)]
        return torch.stack(drawn).to(self._like)

    def signs(self, row: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The next signs, -1 or 1; see `uniform`."""
        drawn = [
            torch.randint(0, 2, shape, generator=one, dtype=torch.int8) for one in self._chosen(row)
        ]
        return torch.stack(drawn).to(self._like) * 2 - 1

    def _chosen(self, row: Tensor) -> list[torch.Generator]:
        # Most attacks draw nothing, so the pixels are hashed only when somebody does.
        if not self._generators:
            self._generators = list(sample_streams(self._like, *self._keys))
        return [self._generators[index] for index in row.tolist()]
