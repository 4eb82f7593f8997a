"""SmoothGrad: the gradient averaged over noisy copies of the input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.engine.scores import mean_scores
from xaitool.core.batching import row_chunks
from xaitool.core.gradients import score_and_gradient
from xaitool.core.score import Score
from xaitool.core.seeding import sample_seeds
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class SmoothGradOptions(Options):
    """Options of `SmoothGrad`."""

    samples: int = option(50, "Noisy copies of each image.", minimum=1)
    noise: float = option(
        0.15,
        "Standard deviation of the noise, as a share of the image's range of pixel values.",
        minimum=0,
    )


class SmoothGrad(AttributionMethod):
    """Mean gradient of the score at ``x + e``, e normal (Smilkov et al. 2017).

    The standard deviation of e is ``noise * (max(x) - min(x))``, the extremes taken over the
    channels together; the paper advises 0.1 to 0.2 and about 50 copies. As in the paper, noisy
    copies are not clamped to valid pixels. Values are in score units per unit of pixel value;
    there is no baseline, so `score_baseline` and `completeness_gap` are NaN.

    The noise is drawn in float32 on the CPU, for each sample from its own seed, so that it is the
    same on every device and for every dtype.

    Example:
        The noise of an image is its own, whatever else is explained.

        >>> import torch
        >>> from xaitool.core.attribution.smooth_grad import SmoothGrad
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(
        ...     torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        ...     torch.nn.Linear(288, 10),
        ... )
        >>> images = torch.rand(2, 3, 8, 8)
        >>> method = SmoothGrad(model, samples=20, noise=0.1, seed=1)
        >>> score = Score(torch.tensor([3, 5]))
        >>> together = method.attribute(images, score).values
        >>> alone = method.attribute(images[1:], score.select(slice(1, 2))).values
        >>> torch.allclose(together[1:], alone)
        True
    """

    Options = SmoothGradOptions

    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        copies = self.options.samples
        deviation = self.options.noise * _range(inputs)
        noise = self._noise(inputs)
        values = torch.zeros_like(inputs)
        for chunk in row_chunks(len(inputs) * copies, rows, inputs.device):
            sample = chunk // copies
            drawn = torch.stack(list(islice(noise, len(chunk)))).to(inputs)
            _, gradient = score_and_gradient(
                self.model, inputs[sample] + deviation[sample] * drawn, score.select(sample)
            )
            values.index_add_(0, sample, gradient, alpha=1 / copies)
        score_input = mean_scores(self.model, inputs.unsqueeze(1), score, rows)
        nothing = torch.full_like(score_input, torch.nan)
        return Attribution(values, score_input, nothing, nothing)

    def _noise(self, inputs: Tensor) -> Iterator[Tensor]:
        """Standard normal ``(C, H, W)``: all of the first sample's, then the second's."""
        for seed in sample_seeds(self.seed, inputs):
            generator = torch.Generator().manual_seed(seed)
            for _ in range(self.options.samples):
                yield torch.randn(inputs.shape[1:], dtype=torch.float32, generator=generator)


def _range(images: Tensor) -> Tensor:
    least, greatest = torch.aminmax(images.flatten(1), dim=1)
    return (greatest - least).view(-1, 1, 1, 1)
