"""Blur integrated gradients of one image with SciPy's Gaussian filter, one scale at a time."""

from itertools import pairwise

import numpy as np
import torch
from scipy.ndimage import gaussian_filter


def blur_ig(score, image, sigmas):
    """Integrate from the first sigma to the last by the trapezoid rule.

    Args:
        score: From ``(C, H, W)`` to a number, differentiable.
        image: ``(C, H, W)``, float64.
        sigmas: Standard deviations in pixels.
    """

    def gradient(blur):
        point = torch.from_numpy(blur).requires_grad_()
        return torch.autograd.grad(score(point), point)[0].numpy()

    blurs = [
        gaussian_filter(image.numpy(), (0, sigma, sigma), mode="reflect", truncate=12)
        for sigma in sigmas
    ]
    total = np.zeros(image.shape)
    for before, after in pairwise(blurs):
        total += (after - before) * (gradient(before) + gradient(after)) / 2
    return torch.from_numpy(total)
