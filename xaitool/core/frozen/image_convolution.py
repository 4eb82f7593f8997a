"""A faster way back through a network's first convolution, on a CPU.

oneDNN, which computes torch's convolutions there, propagates a gradient to one or three channels
many times slower than to sixteen. A matrix product and a fold, or a convolution that computes all
pixels below an output at once, do the same in a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

# With more, oneDNN is the faster.
_MOST_CHANNELS = 4

# From this kernel on, so many columns are folded that the other way is faster.
_LARGE_KERNEL = 7


def image_convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor | None:
    """``conv2d`` of images whose gradient is computed fast, or None where torch is as good.

    Only batches of up to four channels on a CPU are concerned, with frozen weights, and only the
    gradient at the input, once: the values are torch's own, and the gradient equals torch's to
    rounding. The arguments are those of `torch.nn.functional.conv2d`.
    """
    frozen = not weight.requires_grad and (bias is None or not bias.requires_grad)
    small = input.ndim == 4 and groups == 1 and weight.shape[1] <= _MOST_CHANNELS
    needed = input.requires_grad and torch.is_grad_enabled() and input.device.type == "cpu"
    if not (frozen and small and needed) or isinstance(padding, str):
        return None
    geometry = {"stride": _pair(stride), "padding": _pair(padding), "dilation": _pair(dilation)}
    result: Tensor = ImageConvolution.apply(input, weight, bias, geometry)
    return result


class ImageConvolution(torch.autograd.Function):
    """``conv2d`` with a gradient at its input alone."""

    @staticmethod
    def forward(
        ctx: Any, images: Tensor, weight: Tensor, bias: Tensor | None, geometry: dict[str, Any]
    ) -> Tensor:
        """See `torch.nn.functional.conv2d`."""
        ctx.save_for_backward(weight)
        ctx.size, ctx.geometry = images.shape[2:], geometry
        return F.conv2d(images, weight, bias, **geometry)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        """The gradient at the images."""
        (weight,) = ctx.saved_tensors
        (down, across), kernel = ctx.geometry["stride"], weight.shape[2:]
        overlaps = min(kernel) >= _LARGE_KERNEL and max(down, across) < min(kernel)
        if overlaps and down == across > 1 and ctx.geometry["dilation"] == (1, 1):
            found = _by_phases(gradient, weight, ctx.size, down, ctx.geometry["padding"])
        elif down == across == 1:
            found = _by_correlation(gradient, weight, ctx.geometry)
        else:
            columns = weight.flatten(1).t() @ gradient.flatten(2)
            found = F.fold(columns, ctx.size, kernel, **ctx.geometry)
        return found, None, None, None


def _by_phases(
    gradient: Tensor, weight: Tensor, size: Sequence[int], stride: int, padding: tuple[int, int]
) -> Tensor:
    """The gradient as one convolution for each phase of the stride, all at once."""
    filters, channels, *kernel = weight.shape
    down, across = (-(-side // stride) for side in kernel)
    rest = (0, across * stride - kernel[1], 0, down * stride - kernel[0])
    phases = F.pad(weight, rest).view(filters, channels, down, stride, across, stride)
    phases = phases.permute(1, 3, 5, 0, 2, 4).reshape(-1, filters, down, across).flip(2, 3)
    whole = F.pixel_shuffle(
        F.conv2d(gradient, phases, padding=(down - 1, across - 1)), upscale_factor=stride
    )
    top, left = padding
    found = whole[:, :, top : top + size[0], left : left + size[1]]
    # What no window reached at the far edges.
    return F.pad(found, (0, size[1] - found.shape[3], 0, size[0] - found.shape[2]))


def _by_correlation(gradient: Tensor, weight: Tensor, geometry: dict[str, Any]) -> Tensor:
    """The gradient of stride 1: a convolution by the kernels that are turned by half a turn."""
    dilation, kernel = geometry["dilation"], weight.shape[2:]
    reach = [step * (side - 1) for step, side in zip(dilation, kernel, strict=True)]
    top, left = (far - pad for far, pad in zip(reach, geometry["padding"], strict=True))
    # Where more is padded than a kernel reaches, the outermost outputs saw no pixel.
    cut = [max(0, -side) for side in (top, left)]
    seen = gradient[:, :, cut[0] : gradient.shape[2] - cut[0], cut[1] : gradient.shape[3] - cut[1]]
    turned = weight.transpose(0, 1).flip(2, 3)
    return F.conv2d(seen, turned, padding=(max(top, 0), max(left, 0)), dilation=dilation)


def _pair(value: int | Sequence[int]) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    return (value[0], value[-1])
