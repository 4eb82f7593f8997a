"""Insertion and deletion of RISE, one image at a time, plain loops; ties in pixel order."""

import numpy as np
from scipy.ndimage import correlate, gaussian_filter


def causal_curve(probability, start, finish, ranking, step):
    """Probabilities and their area while pixels of `start` turn into those of `finish`.

    `start` and `finish` are (C, H, W), `ranking` (H, W), `probability` maps (C, H, W) to a float.
    """
    pixels = sorted(np.ndindex(ranking.shape), key=lambda pixel: -ranking[pixel])
    current, curve, shares = start.copy(), [probability(start)], [0.0]
    for begin in range(0, len(pixels), step):
        for row, column in pixels[begin : begin + step]:
            current[:, row, column] = finish[:, row, column]
        curve.append(probability(current))
        shares.append(min(begin + step, len(pixels)) / len(pixels))
    widths = np.diff(shares)
    area = sum(w * (a + b) / 2 for w, a, b in zip(widths, curve, curve[1:], strict=False))
    return np.array(curve), area


def rise_blur(normalised):
    """RISE's blur of a normalised (C, H, W) image: zeros beyond the border."""
    impulse = np.zeros((11, 11))
    impulse[5, 5] = 1
    kernel = gaussian_filter(impulse, 5)
    return np.stack([correlate(channel, kernel, mode="constant") for channel in normalised])
