"""The critic, against the same network written out with plain operations."""

from __future__ import annotations

import pytest
import torch

from tests.reference.counterfactual_step import judge
from xaitool.core.models.counterfactuals.patch_critic import PatchCritic
from xaitool.errors import ModelError


@pytest.mark.parametrize(
    ("side", "halvings", "patches"), [(28, 4, 1), (32, 4, 2), (7, 2, 1), (33, 4, 2), (256, 6, 4)]
)
def test_layers_are_added_while_the_side_is_at_least_three(side: int, halvings: int, patches: int):
    critic = PatchCritic((1, side, side), 5, width=2)
    assert len(list(critic.trunk)) == 2 * halvings
    values, logits = critic(torch.zeros(2, 1, side, side))
    assert values.shape == (2, 1, patches, patches)
    assert logits is not None
    assert logits.shape == (2, 5)
    assert len(list(PatchCritic((1, side, side), width=2, layers=1).trunk)) == 2


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 30, 17)])
@pytest.mark.parametrize("classes", [None, 4])
def test_critic_is_the_network_written_out(shape: tuple[int, int, int], classes: int | None):
    torch.manual_seed(0)
    critic = PatchCritic(shape, classes, width=3).double()
    images = torch.randn(3, *shape, dtype=torch.float64)
    patches, logits = critic(images)
    plain_patches, plain_logits = judge(list(critic.parameters()), images, classes)
    torch.testing.assert_close(patches, plain_patches)
    torch.testing.assert_close(logits, plain_logits)


def test_what_cannot_be_built():
    with pytest.raises(ModelError, match="images are 28x2, but the critic"):
        PatchCritic((1, 28, 2))
    for classes, options in ((1, {}), (None, {"width": 0}), (None, {"layers": 0})):
        with pytest.raises(ModelError, match="critic for images"):
            PatchCritic((1, 28, 28), classes, **options)
