"""How far an image's colour is from another's, whatever they show."""

from __future__ import annotations

from torch import Tensor


def colour_distance(first: Tensor, second: Tensor) -> Tensor:
    """Distance between the shares that the channels have in an image's light.

    An image's share is the sum of a channel over the sum of all; it does not change with shape,
    size or brightness. GANMEX shows on coloured digits (figure 5.B) that the similarity loss keeps
    the colour, and gives no number for it; this is one.

    Args:
        first: ``(N, C, H, W)`` in [0, 1].
        second: Same shape.

    Returns:
        float64 ``(N,)``, half the L1 distance of the shares: 0 for the same colour, 1 for red and
        green; 0 for grey images, NaN where one of the images is black.
    """
    shares = [_shares(images) for images in (first, second)]
    return (shares[0] - shares[1]).abs().sum(1) / 2


def _shares(images: Tensor) -> Tensor:
    light = images.double().sum((2, 3))
    return light / light.sum(1, keepdim=True)
