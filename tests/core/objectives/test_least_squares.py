"""The least-squares objective, against torch's own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from tests.core.objectives.examples import SMOOTHED, logits
from xaitool.core.objectives.least_squares import LeastSquares


@pytest.mark.parametrize("options", [{}, SMOOTHED, {"real_label": 0.9}])
def test_least_squares_is_half_torchs_squared_error(options: dict[str, float]) -> None:
    objective = LeastSquares(**options)
    real, generated = logits()
    a, b = options.get("generated_label", 0.0), options.get("real_label", 1.0)
    wanted = F.mse_loss(real, torch.full_like(real, b)) / 2
    wanted += F.mse_loss(generated, torch.full_like(generated, a)) / 2
    torch.testing.assert_close(objective.discriminator_loss(real, generated), wanted)
    wanted = F.mse_loss(generated, torch.full_like(generated, b)) / 2
    torch.testing.assert_close(objective.generator_loss(generated), wanted)
    assert objective.boundary == (a + b) / 2


def test_the_best_discriminator_of_equally_likely_images_is_the_mean_label() -> None:
    """Mao et al. 2017, equation 5: (b p + a q) / (p + q), here at p = q."""
    objective = LeastSquares(real_label=0.9, generated_label=0.3)
    at = torch.tensor([[0.6]], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(objective.discriminator_loss(at, at), at)
    assert abs(gradient.item()) < 1e-15
    assert objective.boundary == 0.6
