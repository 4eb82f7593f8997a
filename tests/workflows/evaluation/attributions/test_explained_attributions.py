"""Maps of given images, a few at a time."""

import torch
from torch import nn

from xaitool.core.attribution.input_x_gradient import InputXGradient
from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.baselines.nearest_target import NearestTarget
from xaitool.core.baselines.zero import Zero
from xaitool.core.memory import Rows
from xaitool.core.score import Score
from xaitool.workflows.evaluation.attributions.explained_attributions import explained_attributions
from xaitool.workflows.explanations.explainer import Explainer
from xaitool.workflows.explanations.image_arguments import labelled_images

IMAGES = torch.rand(5, 1, 2, 2, generator=torch.Generator().manual_seed(0)).double()
SCORE = Score(torch.tensor([0, 1, 2, 0, 1]), torch.tensor([1, 2, 0, 2, 0]))


def linear():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 3)).double()


def explainer(kind, baseline, rows, **more):
    return Explainer(kind(linear()), baseline, Rows(rows, print), **more)


def test_of_a_linear_network_they_are_weight_times_pixel():
    weights = linear()[1].weight
    wanted = IMAGES * (weights[SCORE.target] - weights[SCORE.against]).view(5, 1, 2, 2)
    for kind, baseline in ((InputXGradient, None), (IntegratedGradients, Zero())):
        for rows in (2, 64):
            found = explained_attributions(explainer(kind, baseline, rows), IMAGES, SCORE)
            torch.testing.assert_close(found.values, wanted.detach())
            assert found.reached is None


def test_the_share_of_baselines_that_are_of_their_class():
    data = labelled_images((IMAGES[:3].clone(), torch.arange(3)))
    assert data is not None
    own = linear()(IMAGES[:3]).argmax(1)
    # The one image of each class stands for it; the network may take it for another.
    wanted = (own[SCORE.against] == SCORE.against).double().mean().item()
    baseline = NearestTarget(data=data)
    for rows in (2, 64):
        made = explainer(IntegratedGradients, baseline, rows, asks=True)
        assert explained_attributions(made, IMAGES, SCORE).reached == wanted
    silent = explainer(IntegratedGradients, baseline, 64)
    assert explained_attributions(silent, IMAGES, SCORE).reached is None
