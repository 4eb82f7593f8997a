"""Mean scores: batches, row budget, shared references."""

import pytest
import torch
from torch import nn

from xaitool.core.attribution.engine.scores import mean_scores
from xaitool.core.score import Score

IMAGES = torch.rand(3, 4, 2, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
SCORE = Score(torch.tensor([0, 2, 1]), torch.tensor([3, 3, 0]), "probability")


def network(sizes=None):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(50, 4)).double()
    if sizes is not None:
        model.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    return model


@pytest.mark.parametrize("rows", [1, 5, 64])
def test_mean_over_the_images_of_each_sample(rows):
    sizes: list[int] = []
    scores = mean_scores(network(sizes), IMAGES, SCORE, rows)
    expected = torch.stack([SCORE(network()(part)) for part in IMAGES.unbind(1)]).mean(0)
    torch.testing.assert_close(scores, expected.detach())
    assert not scores.requires_grad
    assert max(sizes) <= rows
    assert sum(sizes) == 12


@pytest.mark.parametrize("rows", [1, 3, 64])
def test_shared_images_are_seen_once(rows):
    sizes: list[int] = []
    shared = IMAGES[:1].expand(3, -1, -1, -1, -1)
    scores = mean_scores(network(sizes), shared, SCORE, rows)
    expected = mean_scores(network(), shared.contiguous(), SCORE, rows)
    torch.testing.assert_close(scores, expected)
    assert max(sizes) <= rows
    assert sum(sizes) == 4
