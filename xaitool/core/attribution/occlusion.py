"""Occlusion: how far the score falls when a window of the image is hidden."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.engine.scores import mean_scores
from xaitool.core.batching import row_chunks
from xaitool.core.score import Score
from xaitool.errors import ConfigError
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class OcclusionOptions(Options):
    """Options of `Occlusion`."""

    window: int | None = option(
        None,
        "Side of the hidden square, in pixels; by default a fifteenth of the image's side, "
        "15 at 224 and 2 at 28.",
        minimum=1,
    )
    stride: int | None = option(
        None,
        "Pixels from one position to the next; by default half the window, rounded up.",
        minimum=1,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window and self.stride and self.stride > self.window:
            raise ConfigError(
                f"--stride is {self.stride}, but at most the window's {self.window} is wanted, "
                "or pixels between would be left out"
            )


class _Grid(NamedTuple):
    """The positions of a window: `down` times `across`, each `stride` from the next."""

    window: int
    stride: int
    down: int
    across: int


class Occlusion(AttributionMethod):
    """``S(x) - S(x with a window hidden)`` (Zeiler and Fergus 2014, section 4.2).

    A window is replaced in all channels by the baseline's pixels, at every position of a regular
    grid. A pixel gets the mean over the windows that cover it (over the references, too, where
    there are several), the same in every channel, as in Captum; the last windows of a row or
    column are cut where they leave the image. The paper's map is ``S`` itself, one number a
    position, and its window grey.

    Where a window's pixels equal the baseline's nothing is hidden, and no forward pass is made.

    ``window=1`` hides single pixels: Occlusion-1 (Ancona et al. 2018). Values are in score units
    and promise no sum, so `completeness_gap` is NaN.

    Raises:
        ConfigError: The window is larger than the image.

    Example:
        Windows that lie side by side hide each pixel once, and a linear model adds up what they
        hide.

        >>> import torch
        >>> from xaitool.core.attribution.occlusion import Occlusion
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 10))
        >>> images = torch.rand(2, 3, 4, 4)
        >>> black = torch.zeros(2, 1, 3, 4, 4)
        >>> method = Occlusion(model, window=2, stride=2)
        >>> result = method.attribute(images, Score(torch.tensor([3, 5])), black)
        >>> falls = result.values[:, 0, ::2, ::2].sum((1, 2))
        >>> torch.allclose(falls, result.score_input - result.score_baseline)
        True
    """

    Options = OcclusionOptions
    needs_baseline = True

    @torch.no_grad()
    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        references = cast(Tensor, baselines).detach()
        grid = self._grid(*inputs.shape[2:])
        score_input = mean_scores(self.model, inputs.unsqueeze(1), score, rows)
        fall = self._fall(inputs, references, score, score_input, grid, rows)
        return Attribution(
            _spread(fall, grid, inputs),
            score_input,
            mean_scores(self.model, references, score, rows),
            torch.full_like(score_input, torch.nan),
        )

    def _grid(self, height: int, width: int) -> _Grid:
        side = min(height, width)
        stride = self.options.stride
        window = self.options.window or max(1, round(side / 15), stride or 1)
        if window > side:
            raise ConfigError(
                f"--window is {window}, but at most {side} is wanted for images of "
                f"{height} x {width}"
            )
        stride = stride or math.ceil(window / 2)
        down, across = (math.ceil((size - window) / stride) + 1 for size in (height, width))
        return _Grid(window, stride, down, across)

    def _fall(
        self,
        inputs: Tensor,
        references: Tensor,
        score: Score,
        score_input: Tensor,
        grid: _Grid,
        rows: int,
    ) -> Tensor:
        """Fall of the score for each window, the mean over references, ``(N, down, across)``."""
        fall = inputs.new_zeros(len(inputs), grid.down * grid.across)
        samples, others, positions = _changes(inputs, references, grid)
        places = samples * fall.shape[1] + positions
        for chunk in row_chunks(len(samples), rows, inputs.device):
            sample = samples[chunk]
            images = inputs.index_select(0, sample)
            y, x = _pixels(positions[chunk], grid, images)
            each = torch.arange(len(chunk), device=chunk.device)[:, None, None]
            hidden = references[sample[:, None, None], others[chunk][:, None, None], :, y, x]
            images[each, :, y, x] = hidden
            change = score_input[sample] - score.select(sample)(self.model(images))
            fall.view(-1).index_add_(0, places[chunk], change, alpha=1 / references.shape[1])
        return fall.view(-1, grid.down, grid.across)


def _changes(inputs: Tensor, references: Tensor, grid: _Grid) -> tuple[Tensor, ...]:
    """Sample, reference and position of every window that differs from what it shows.

    The others cannot change the score; in a picture with a black background they are the most.
    """
    shape = (*references.shape[:2], grid.down, grid.across)
    changes = torch.empty(shape, dtype=torch.bool, device=inputs.device)
    for image, others, change in zip(inputs, references, changes, strict=True):
        pixels = (image != others).any(1).to(inputs.dtype)
        change.copy_(F.max_pool2d(pixels, grid.window, grid.stride, ceil_mode=True))
    return changes.flatten(2).nonzero(as_tuple=True)


def _pixels(position: Tensor, grid: _Grid, images: Tensor) -> tuple[Tensor, Tensor]:
    """Rows ``(n, window, 1)`` and columns ``(n, 1, window)`` of the window at each position."""
    offset = torch.arange(grid.window, device=position.device)
    top = position.div(grid.across, rounding_mode="floor") * grid.stride
    left = position % grid.across * grid.stride
    # A window that leaves the image writes its last row and column several times.
    y = (top[:, None] + offset).clamp(max=images.shape[2] - 1)
    x = (left[:, None] + offset).clamp(max=images.shape[3] - 1)
    return y[:, :, None], x[:, None, :]


def _spread(fall: Tensor, grid: _Grid, inputs: Tensor) -> Tensor:
    """Mean over the windows that cover a pixel, in the shape of the inputs."""
    window = inputs.new_ones(1, 1, grid.window, grid.window)
    total, coverage = (
        F.conv_transpose2d(part.unsqueeze(1), window, stride=grid.stride)
        for part in (fall, torch.ones_like(fall[:1]))
    )
    height, width = inputs.shape[2:]
    mean = total[..., :height, :width] / coverage[..., :height, :width]
    return mean.expand_as(inputs).contiguous()
