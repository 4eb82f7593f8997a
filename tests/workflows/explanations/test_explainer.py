"""The engine: how many images at once, alone and in batches, and where memory runs short."""

from typing import Any

import pytest
import torch
from torch import nn

from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.attribution.saliency import Saliency
from xaitool.core.baselines.base import Baseline
from xaitool.core.baselines.counterfactual_path import RecolouringBaseline
from xaitool.core.baselines.nearest_target import NearestTarget
from xaitool.core.baselines.zero import Zero
from xaitool.core.memory import Rows
from xaitool.core.score import Score
from xaitool.workflows.explanations.explainer import Explainer
from xaitool.workflows.explanations.image_arguments import labelled_images

IMAGES = torch.rand(5, 2, 4, 4, generator=torch.Generator().manual_seed(0)).double()
SCORE = Score(torch.tensor([0, 1, 2, 0, 1]), torch.tensor([1, 2, 0, 2, 0]))
DATA = labelled_images((IMAGES[:3].clone(), torch.arange(3)))
assert DATA is not None
NEAREST = NearestTarget(data=DATA)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(12, 3)).double()


def made(baseline: Baseline | None, rows: int = 64, model: nn.Module | None = None, **given: Any):
    kind = Saliency if baseline is None else IntegratedGradients
    return Explainer(kind(model or network()), baseline, Rows(rows, print), **given)


@pytest.mark.parametrize(
    ("baseline", "classes", "size"),
    [(None, None, 12), (Zero(), 3, 4), (RecolouringBaseline(points=6), None, 2), (None, 20, 1)],
)
def test_rows_are_shared_by_classes_or_by_the_points_of_a_path(baseline, classes, size):
    assert made(baseline, 12, classes=classes).batch_size == size


@pytest.mark.parametrize("baseline", [None, Zero(), NEAREST])
def test_batches_are_parts_of_the_whole(baseline):
    whole = made(baseline).explain(IMAGES, SCORE).attribution
    parts = [part.attribution for part in made(baseline, 2).batches(IMAGES, SCORE)]
    assert [len(part.values) for part in parts] == [2, 2, 1]
    torch.testing.assert_close(torch.cat([part.values for part in parts]), whole.values)
    assert torch.equal(torch.cat([part.score.target for part in parts]), SCORE.target)


def test_the_model_is_asked_about_baselines_of_a_second_class_where_that_is_wanted():
    silent, asking = (made(NEAREST, asks=asks).explain(IMAGES, SCORE) for asks in (False, True))
    assert "baseline_prediction" not in silent.attribution.extras
    found = asking.attribution.extras["baseline_prediction"]
    with torch.no_grad():
        assert torch.equal(found[:, 0], network()(asking.baselines[:, 0]).argmax(1))
    assert (
        "baseline_prediction"
        not in made(Zero(), asks=True).explain(IMAGES, SCORE).attribution.extras
    )


def test_each_class_by_itself_has_its_own_baselines():
    score = Score(SCORE.target)
    found = made(NEAREST, classes=3, asks=True).explain(IMAGES, score)
    assert found.baselines is None
    assert found.attribution.extras["baseline_prediction"].shape == (5, 3, 1)
    parts = [
        made(NEAREST).explain(IMAGES[:1], Score(SCORE.target[:1], torch.tensor([k])))
        for k in (1, 2)
    ]
    mean = torch.stack([part.attribution.values for part in parts]).mean(0)
    torch.testing.assert_close(found.attribution.values[:1], mean)


class Cramped(nn.Module):
    """Has memory for two images."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = network()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if len(images) > 2:
            raise torch.OutOfMemoryError("out of memory on purpose")
        found: torch.Tensor = self.inner(images)
        return found


def test_what_does_not_fit_is_not_tried_again(capsys):
    explainer = made(Zero(), 8, Cramped())
    for _ in range(2):
        found = explainer.explain(IMAGES, SCORE).attribution
    wanted = made(Zero()).explain(IMAGES, SCORE).attribution
    torch.testing.assert_close(found.values, wanted.values)
    assert capsys.readouterr().out.count("out of memory: going on with") == 2
