"""The image under Gaussian noise as a baseline."""

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
class GaussianOptions(Options):
    """Options of `Gaussian`."""

    sigma: float = option(
        0.5, "Standard deviation of the noise, in pixel values.", above=0, maximum=1000
    )
    references: int = option(20, "Noisy images for each sample.", minimum=1)


class Gaussian(DrawnBaseline):
    """The sample plus normal noise, cut off at black and white (Sturmfels et al. 2020).

    The noise is centred on the sample and not on grey, as in the article. The article draws one
    image and lets its reader choose sigma; here each sample draws several of its own, from the
    seed and its pixels.

    Args:
        seed: The run's seed.
        **options: The fields of `GaussianOptions`.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.gaussian import Gaussian
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> images = torch.rand(2, 3, 8, 8)
        >>> baseline = Gaussian(sigma=0.1, references=200, seed=1)
        >>> references = baseline.for_images(images, Score(torch.tensor([3, 5])))
        >>> bool(references.min() >= 0 and references.max() <= 1)
        True
        >>> bool(((references.mean(1) - images).abs() < 0.1).all())
        True
    """

    Options = GaussianOptions

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References ``(N, R, C, H, W)``."""
        shape = (self.options.references, *images.shape[1:])
        references = images.new_empty(len(images), *shape)
        for row, random in enumerate(sample_streams(images, self.seed, "gaussian baseline")):
            references[row] = torch.randn(shape, generator=random)
        return references.mul_(self.options.sigma).add_(images.unsqueeze(1)).clamp_(0, 1)
