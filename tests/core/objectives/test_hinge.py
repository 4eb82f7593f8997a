"""The hinge objective, against torch's own."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from tests.core.objectives.examples import logits
from xaitool.core.objectives.hinge import Hinge


def test_hinge_is_torchs_margin_loss() -> None:
    real, generated = logits()
    ones = torch.ones_like
    wanted = F.hinge_embedding_loss(real, -ones(real), margin=1.0)
    wanted += F.hinge_embedding_loss(-generated, -ones(generated), margin=1.0)
    torch.testing.assert_close(Hinge().discriminator_loss(real, generated), wanted)
    torch.testing.assert_close(Hinge().generator_loss(generated), -generated.mean())
    sure = torch.tensor([[1.5]], dtype=torch.float64)
    assert Hinge().discriminator_loss(sure, -sure) == 0


def test_nothing_pulls_beyond_the_margin() -> None:
    real = torch.tensor([[1.0], [1.5], [0.5]], dtype=torch.float64, requires_grad=True)
    generated = torch.tensor([[-2.0], [-0.5]], dtype=torch.float64, requires_grad=True)
    loss = Hinge().discriminator_loss(real, generated)
    assert loss == 0.5 / 3 + 0.5 / 2
    of_real, of_generated = torch.autograd.grad(loss, (real, generated))
    assert of_real[1:].flatten().tolist() == [0, -1 / 3]
    assert of_generated.flatten().tolist() == [0, 1 / 2]
