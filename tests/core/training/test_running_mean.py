"""The running mean of a network's weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from xaitool.core.training.running_mean import running_mean


def test_it_follows_fast_at_first_and_slowly_later() -> None:
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    mean = running_mean(network, 0.9)
    assert mean is not None
    mean.update_parameters(network)  # the first weights are taken as they are
    nn.init.ones_(network.weight)
    expected = 0.0
    for steps in range(1, 200):
        mean.update_parameters(network)
        expected += (1 - min(0.9, (1 + steps) / (10 + steps))) * (1 - expected)
        assert next(mean.module.parameters()).item() == pytest.approx(expected, abs=1e-6)
    assert torch.equal(network.weight, torch.ones(1, 1))


def test_without_a_decay_there_is_none() -> None:
    assert running_mean(nn.Linear(1, 1), 0) is None
