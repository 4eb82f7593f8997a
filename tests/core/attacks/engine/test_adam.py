"""Adam with a clock a sample, against torch's."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.attacks.engine.adam import adam_step

RATE = 0.03


def torch_steps(start: Tensor, slopes: Tensor) -> Tensor:
    place = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([place], RATE)
    for slope in slopes:
        place.grad = slope.clone()
        optimiser.step()
    return place.detach()


def test_is_torchs_for_samples_that_start_at_different_times() -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(2, 1, 3, 4, dtype=torch.float64, generator=generator)
    slopes = torch.randn(7, 2, 1, 3, 4, dtype=torch.float64, generator=generator)
    # As small as the constant beside the root, and nothing at all.
    slopes[:, 0, 0, 0, 0] *= 1e-8
    slopes[:, 0, 0, 0, 1] = 0
    place, first, second = start.clone(), torch.zeros_like(start), torch.zeros_like(start)
    time = torch.zeros(2, dtype=torch.int64)
    for number, slope in enumerate(slopes):
        if number == 3:
            place[1], first[1], second[1], time[1] = start[1], 0, 0, 0
        time += 1
        adam_step(place, slope, first, second, time, RATE)
    torch.testing.assert_close(place[0], torch_steps(start[0], slopes[:, 0]))
    torch.testing.assert_close(place[1], torch_steps(start[1], slopes[3:, 1]))
    assert place[0, 0, 0, 1] == start[0, 0, 0, 1]
