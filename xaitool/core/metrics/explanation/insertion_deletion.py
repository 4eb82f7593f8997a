"""Insertion and deletion: the class probability as the most important pixels appear or vanish."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool.core.batching import ROWS, row_chunks
from xaitool.core.frozen.untouched import untouched
from xaitool.core.score import Score
from xaitool.errors import ConfigError, ShapeError

KERNEL_SIZE = 11
SIGMA = 5.0

ChannelSum = Literal["signed", "absolute"]
"""What ranks a pixel: the sum of its channels' values, or of their magnitudes."""


class PixelCurve(NamedTuple):
    """The result of insertion or deletion for N samples.

    Attributes:
        auc: Area under the curve, float64 ``(N,)`` in [0, 1]; NaN for an attribution of zeros,
            which ranks nothing.
        curve: Probability of the target after each step, float64 ``(N, n + 1)``; the first value
            is before any pixel changed, the last after all did.
        fractions: Share of the pixels changed at each value, float64 ``(n + 1,)`` from 0 to 1.
    """

    auc: Tensor
    curve: Tensor
    fractions: Tensor


def insertion(
    model: nn.Module,
    images: Tensor,
    attributions: Tensor,
    score: Score,
    *,
    step: int | None = None,
    rows: int = ROWS,
    mean: Tensor | None = None,
    channel_sum: ChannelSum = "signed",
) -> PixelCurve:
    """Reveal the image in a blurred one, most important pixels first; higher is better.

    The protocol of RISE (Petsiuk et al. 2018): pixels are ranked by the sum of the attribution over
    the channels, ties in the order of the pixels, and all channels of a pixel change at once. What
    is measured is the probability of ``score.target``, whatever the score's output and `against`,
    so that methods and scores compare. It starts from `blurred`.

    Differences from RISE: the area is the trapezoid over the real shares of pixels, equal to
    RISE's where `step` divides the number of pixels; ties have a defined order. AGI's authors
    start from black and rank the channels one by one, which is another quantity.

    Args:
        model: From images in [0, 1] to logits ``(N, K)``; left as it was.
        images: ``(N, C, H, W)`` in [0, 1].
        attributions: ``(N, C, H, W)`` or ``(N, 1, H, W)``.
        score: Its targets, one a sample.
        step: Pixels changed between two values; the image's width by default, as in RISE's
            notebook for single images.
        rows: Largest number of images in one forward pass.
        mean: Mean colour ``(C,)`` in [0, 1] that the blur sees beyond the image's border: the
            mean of the model's normalisation, 0.5 by default.
        channel_sum: ``absolute`` ranks by the sum of the magnitudes: where what one channel gains
            another one loses, as along a change of colour, the signed sum is nothing.

    Raises:
        ConfigError: `step` is below 1.
        ShapeError: Shapes do not fit, or an attribution is not finite.
    """
    start = blurred(images, _mean_colour(images, mean))
    ranking = _ranking(attributions, channel_sum)
    return _play(model, start, images, ranking, score, step, rows)


def deletion(
    model: nn.Module,
    images: Tensor,
    attributions: Tensor,
    score: Score,
    *,
    step: int | None = None,
    rows: int = ROWS,
    mean: Tensor | None = None,
    channel_sum: ChannelSum = "signed",
) -> PixelCurve:
    """Paint the image over with the mean colour, most important pixels first; lower is better.

    Ranking, measured score, arguments and errors are those of `insertion`; RISE's zero in
    normalised space is `mean` in pixel space.
    """
    finish = _mean_colour(images, mean).expand_as(images)
    ranking = _ranking(attributions, channel_sum)
    return _play(model, images, finish, ranking, score, step, rows)


def blurred(images: Tensor, mean: Tensor) -> Tensor:
    """RISE's blur: 11 x 11 Gaussian of sigma 5, zero padding in normalised space.

    RISE makes its kernel by SciPy's ``gaussian_filter`` of a unit impulse on an 11 x 11 grid with
    reflected borders, so the tails fold back and the sum is 1. It blurs normalised images, whose
    zero padding is the mean colour; normalisation and a kernel of sum 1 commute.

    Args:
        images: ``(N, C, H, W)``.
        mean: Mean colour, broadcasting with `images`.

    Returns:
        ``(N, C, H, W)``.
    """
    channels = images.shape[1]
    line = _folded_gaussian().to(images).expand(channels, 1, 1, -1)
    half = KERNEL_SIZE // 2
    across = F.conv2d(images - mean, line, padding=(0, half), groups=channels)
    down = F.conv2d(across, line.transpose(2, 3), padding=(half, 0), groups=channels)
    return down + mean


def _folded_gaussian() -> Tensor:
    # SciPy cuts its Gaussian off at four sigma; reflection repeats the grid and its mirror image.
    reach = int(4 * SIGMA + 0.5)
    offsets = torch.arange(-reach, reach + 1)
    weights = torch.exp(-0.5 * (offsets.double() / SIGMA) ** 2)
    seen = (torch.arange(KERNEL_SIZE)[:, None] + offsets) % (2 * KERNEL_SIZE)
    impulse = KERNEL_SIZE // 2
    hits = (seen == impulse) | (seen == 2 * KERNEL_SIZE - 1 - impulse)
    return (hits * weights).sum(1) / weights.sum()


def _mean_colour(images: Tensor, mean: Tensor | None) -> Tensor:
    if images.ndim != 4:
        raise ShapeError(f"images are {tuple(images.shape)}, but (N, C, H, W) is wanted")
    channels = images.shape[1]
    if mean is None:
        return images.new_full((1, channels, 1, 1), 0.5)
    if mean.shape != (channels,):
        raise ShapeError(f"the mean colour is {tuple(mean.shape)}, but ({channels},) is wanted")
    return mean.to(images).view(1, channels, 1, 1)


def _play(
    model: nn.Module,
    start: Tensor,
    finish: Tensor,
    attributions: Tensor,
    score: Score,
    step: int | None,
    rows: int,
) -> PixelCurve:
    step = start.shape[3] if step is None else step
    _check(start, attributions, score, step)
    samples, pixels = len(start), start.shape[2] * start.shape[3]
    count = math.ceil(pixels / step) + 1
    changed = (torch.arange(count, device=start.device) * step).clamp(max=pixels)
    ranks = _ranks(attributions)
    silent = (attributions == 0).flatten(1).all(1)
    probability = Score(score.target, output="probability")
    curve = torch.empty(samples * count, dtype=torch.float64, device=start.device)
    with untouched(model) as own, torch.no_grad():
        for row in row_chunks(len(curve), rows, start.device):
            sample, value = row // count, row % count
            done = ranks[sample] < changed[value].view(-1, 1, 1, 1)
            mixed = torch.where(done, finish[sample], start[sample])
            curve[row] = probability.select(sample)(own(mixed)).double()
    curve, fractions = curve.view(samples, count), changed.double() / pixels
    areas = torch.trapezoid(curve, fractions, dim=1).masked_fill(silent, torch.nan)
    return PixelCurve(areas, curve, fractions)


def _ranking(attributions: Tensor, channel_sum: ChannelSum) -> Tensor:
    """What is summed over the channels to rank the pixels, in the shape of `attributions`."""
    return attributions.abs() if channel_sum == "absolute" else attributions


def _ranks(attributions: Tensor) -> Tensor:
    """Rank of every pixel, 0 for the most important: int64 ``(N, 1, H, W)``."""
    sums = attributions.detach().sum(1, keepdim=True)
    order = sums.flatten(1).argsort(dim=1, descending=True, stable=True)
    places = torch.arange(order.shape[1], device=order.device).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places).view_as(sums)


def _check(images: Tensor, attributions: Tensor, score: Score, step: int) -> None:
    samples, channels, height, width = images.shape
    shapes = [(samples, channels, height, width), (samples, 1, height, width)]
    if tuple(attributions.shape) not in shapes:
        raise ShapeError(
            f"attributions are {tuple(attributions.shape)}, but {shapes[0]} or {shapes[1]} "
            "is wanted"
        )
    if len(score) != samples:
        raise ShapeError(f"the score has {len(score)} samples, but there are {samples} images")
    if step < 1:
        raise ConfigError(f"step is {step}, but at least 1 is wanted")
    if not attributions.isfinite().all():
        raise ShapeError("an attribution is NaN or infinite, but finite values are wanted")
