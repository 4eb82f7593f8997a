"""What the base class of objectives does for each."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from xaitool.core.objectives.base import GanObjective
from xaitool.core.objectives.labels import LabelOptions
from xaitool.errors import ConfigError


class Plain(GanObjective):
    """Says nothing but its two losses."""

    Options = LabelOptions

    def discriminator_loss(self, real_logits: Tensor, generated_logits: Tensor) -> Tensor:
        label: float = self.options.real_label
        return generated_logits.mean() - label * real_logits.mean()

    def generator_loss(self, generated_logits: Tensor) -> Tensor:
        return -generated_logits.mean()


def test_an_objective_that_says_nothing_has_a_boundary_at_0_and_no_penalty() -> None:
    random = torch.Generator().manual_seed(0)
    before, images = random.get_state(), torch.zeros(2, 1, 3, 3)
    assert Plain().penalty(nn.Flatten(), images, images, random) is None
    assert random.get_state().equal(before)
    assert Plain().boundary == 0
    assert Plain().default_critic_steps == 1
    assert Plain().per_sample_critic is False


def test_options_are_those_of_the_objective() -> None:
    ones = torch.ones(2, 1)
    assert Plain(real_label=0.75).discriminator_loss(ones, ones) == 0.25
    with pytest.raises(ConfigError, match="Plain has no option 'label'"):
        Plain(label=1)


def test_an_objective_without_a_loss_of_the_generator_is_none() -> None:
    class Half(GanObjective):
        def discriminator_loss(self, real_logits: Tensor, generated_logits: Tensor) -> Tensor:
            return real_logits.mean()

    with pytest.raises(TypeError, match="generator_loss"):
        Half()  # type: ignore[abstract]
