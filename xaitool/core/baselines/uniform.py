"""Uniform noise as a baseline."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.baselines.base import DrawnBaseline
from xaitool.core.batching import ROWS
from xaitool.core.score import Score
from xaitool.core.seeding import sample_streams
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class UniformOptions(Options):
    """Options of `Uniform`."""

    references: int = option(20, "Noise images for each sample.", minimum=1)


class Uniform(DrawnBaseline):
    """Images whose values are drawn evenly from [0, 1] (Sturmfels et al. 2020).

    Each sample draws its own, from the seed and its pixels; the article draws one image.

    Args:
        seed: The run's seed.
        **options: The fields of `UniformOptions`.

    Example:
        The noise of an image is its own, whatever else is explained.

        >>> import torch
        >>> from xaitool.core.baselines.uniform import Uniform
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> images = torch.rand(2, 3, 8, 8)
        >>> baseline = Uniform(references=5, seed=1)
        >>> references = baseline.for_images(images, Score(torch.tensor([3, 5])))
        >>> references.shape
        torch.Size([2, 5, 3, 8, 8])
        >>> alone = baseline.for_images(images[1:], Score(torch.tensor([5])))
        >>> torch.equal(references[1:], alone)
        True
    """

    Options = UniformOptions

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References ``(N, R, C, H, W)``."""
        shape = (self.options.references, *images.shape[1:])
        references = images.new_empty(len(images), *shape)
        for row, random in enumerate(sample_streams(images, self.seed, "uniform baseline")):
            references[row] = torch.rand(shape, generator=random)
        return references
