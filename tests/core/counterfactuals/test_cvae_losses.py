"""The terms of the autoencoder, against closed forms, estimates and plain formulas."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as divergence

from tests.core.training.test_cvae_step import SHAPE, batch, normal
from xaitool.core.counterfactuals.cvae_losses import (
    drawn_codes,
    kl_divergence,
    reconstruction_error,
    tie_error,
)


def test_the_divergence_is_the_closed_form_and_what_draws_estimate():
    mean, log_variance = normal(4, 3), normal(3, 4).T * 2
    code, prior = Normal(mean, (log_variance / 2).exp()), Normal(torch.zeros_like(mean), 1.0)
    found = kl_divergence(mean, log_variance)
    torch.testing.assert_close(found, divergence(code, prior).sum(1))
    drawn = drawn_codes(mean, log_variance, normal(20_000, 4, 3))
    estimates = (code.log_prob(drawn) - prior.log_prob(drawn)).sum(2)
    error = estimates.std(0) / math.sqrt(len(estimates))
    assert ((estimates.mean(0) - found).abs() < 5 * error).all()


def test_the_divergence_is_never_negative_near_the_prior():
    tiny = torch.tensor([[1e-4], [-1e-4], [0.0]])
    found = kl_divergence(torch.zeros_like(tiny), tiny)
    assert (found >= 0).all()
    torch.testing.assert_close(found, tiny.squeeze(1) ** 2 / 4, rtol=1e-2, atol=0)


def test_reconstruction_is_a_sum_over_pixels_and_channels():
    logits, images = normal(5, *SHAPE) * 3, batch(5)[0]
    means = 1 / (1 + (-logits).exp())
    entropy = -(images * means.log() + (1 - images) * (1 - means).log())
    torch.testing.assert_close(
        reconstruction_error(logits, images, "bce"), entropy.flatten(1).sum(1)
    )
    squares = (means - images) ** 2
    squared = reconstruction_error(logits, images, "squared-error")
    torch.testing.assert_close(squared, squares.flatten(1).sum(1))
    # A Gaussian of variance 1/2, up to its constant.
    gaussian = -Normal(means, math.sqrt(0.5)).log_prob(images) - math.log(math.pi) / 2
    torch.testing.assert_close(squared, gaussian.flatten(1).sum(1))


@pytest.mark.parametrize("kind", ["bce", "squared-error"])
def test_sure_logits_stay_finite(kind: Any):
    logits = torch.tensor([1e4, -1e4, 1e4, -1e4]).view(1, 1, 2, 2).requires_grad_()
    images = torch.tensor([1.0, 0.0, 0.0, 1.0]).view(1, 1, 2, 2)
    error = reconstruction_error(logits, images, kind)
    (gradient,) = torch.autograd.grad(error.sum(), logits)
    assert error.item() == (2e4 if kind == "bce" else 2)
    assert gradient.isfinite().all()


def test_the_tie_sees_the_largest_channel_alone():
    images, logits = batch(5)[0], normal(5, *SHAPE)
    plain = reconstruction_error(
        logits.max(1, keepdim=True)[0], images.max(1, keepdim=True)[0], "bce"
    )
    torch.testing.assert_close(tie_error(logits, images, "bce"), plain)
    torch.testing.assert_close(tie_error(logits.flip(1), images.roll(1, 1), "bce"), plain)
    darker = tie_error(logits - 9, images, "squared-error")
    assert (darker > tie_error(torch.logit(images), images, "squared-error") + 1).all()
