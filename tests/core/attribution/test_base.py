"""What the base class of methods does for each: checks, surroundings, explanations against all."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from xaitool.core.attribution.base import Attribution, AttributionMethod, is_silent
from xaitool.core.score import Score
from xaitool.errors import ConfigError, ShapeError

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 1, 2, 2, dtype=torch.float64, generator=GENERATOR)
REFERENCES = torch.rand(3, 2, 1, 2, 2, dtype=torch.float64, generator=GENERATOR)
WEIGHTS = torch.randn(4, 4, dtype=torch.float64, generator=GENERATOR)
SCORE = Score(torch.tensor([0, 2, 3]))


class Weights(AttributionMethod):
    """The closed form of a linear network: weights times the distance to the mean reference."""

    needs_baseline = True

    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        assert baselines is not None
        self.training = self.model.training
        leaf = inputs.clone().requires_grad_()
        with torch.enable_grad():
            score_input = score(self.model(leaf))
            (slope,) = torch.autograd.grad(score_input.sum(), leaf)
        reference = baselines.mean(1)
        values = slope * (inputs - reference)
        score_baseline = score(self.model(reference))
        gap = values.sum((1, 2, 3)) - (score_input - score_baseline)
        return Attribution(values, score_input.detach(), score_baseline.detach(), gap.detach())


def linear() -> nn.Module:
    layer = nn.Linear(4, 4).double()
    layer.weight.data.copy_(WEIGHTS)
    return nn.Sequential(nn.Flatten(), layer)


def closed_form(target: Tensor, against: Tensor | None = None) -> Tensor:
    slope = WEIGHTS[target] if against is None else WEIGHTS[target] - WEIGHTS[against]
    return slope.view_as(IMAGES) * (IMAGES - REFERENCES.mean(1))


def test_what_was_explained_is_part_of_the_result() -> None:
    result = Weights(linear()).attribute(IMAGES, SCORE, REFERENCES)
    assert result.score is SCORE
    torch.testing.assert_close(result.values, closed_form(SCORE.target))
    assert result.completeness_gap.abs().max() < 1e-12


def test_a_method_runs_in_eval_mode_and_has_gradients_wherever_it_is_called() -> None:
    model = linear().train()
    method = Weights(model)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        result = method.attribute(IMAGES.clone(), SCORE, REFERENCES.clone())
    torch.testing.assert_close(result.values.clone(), closed_form(SCORE.target))
    assert method.training is False
    assert model.training


def test_against_all_is_the_mean_over_the_other_classes() -> None:
    asked: list[tuple[Tensor, Tensor]] = []

    def draw(images: Tensor, score: Score) -> Tensor:
        assert score.against is not None
        asked.append((score.target, score.against))
        return REFERENCES[[int((image == IMAGES).flatten(1).all(1).nonzero()) for image in images]]

    result = Weights(linear()).attribute_against_all(IMAGES, SCORE, 4, draw)
    assert sum(len(target) for target, _ in asked) == 3 * 3
    assert all((target != against).all() for target, against in asked)
    assert result.extras["classes"].tolist() == [[-1, 1, 2, 3], [0, 1, -1, 3], [0, 1, 2, -1]]
    mean = torch.zeros_like(IMAGES)
    for sample, target in enumerate(SCORE.target.tolist()):
        for other in {0, 1, 2, 3} - {target}:
            one = closed_form(SCORE.target, torch.full((3,), other))[sample]
            torch.testing.assert_close(result.extras["class_values"][sample, other], one)
            mean[sample] += one / 3
        assert not result.extras["class_values"][sample, target].any()
    torch.testing.assert_close(result.values, mean)
    difference = result.score_input - result.score_baseline
    torch.testing.assert_close(mean.sum((1, 2, 3)), difference)


def test_of_no_images_there_is_an_empty_result() -> None:
    score = Score(torch.zeros(0, dtype=torch.int64))
    result = Weights(linear()).attribute(IMAGES[:0], score, REFERENCES[:0])
    assert result.values.shape == (0, 1, 2, 2)
    assert result.completeness_gap.shape == (0,)
    assert result.extras == {}


def test_a_map_is_silent_only_where_there_is_something_to_tell() -> None:
    values = torch.zeros(4, 1, 2, 2)
    values[2, 0, 1, 1] = 1e-20
    score_input = torch.tensor([1.0, 1.0, 1.0, 1.0])
    score_baseline = torch.tensor([0.0, 1.0, 0.0, torch.nan])
    found = is_silent(values, score_input, score_baseline)
    assert found.tolist() == [True, False, False, True]


def test_refusals() -> None:
    method = Weights(linear())
    with pytest.raises(ShapeError, match=r"inputs are torch\.float64 \(1, 2, 2\), but floating"):
        method.attribute(IMAGES[0], SCORE, REFERENCES)
    with pytest.raises(ShapeError, match=r"inputs are torch\.uint8"):
        method.attribute(IMAGES.byte(), SCORE, REFERENCES)
    with pytest.raises(ShapeError, match="the score has 3 samples, but there are 2 inputs"):
        method.attribute(IMAGES[:2], SCORE, REFERENCES[:2])
    with pytest.raises(ShapeError, match="Weights has no baselines, but it needs them"):
        method.attribute(IMAGES, SCORE)
    with pytest.raises(ShapeError, match=r"baselines are \(3, 1, 2, 2\), but"):
        method.attribute(IMAGES, SCORE, REFERENCES[:, 0])
    with pytest.raises(ConfigError, match="rows is 0"):
        method.attribute(IMAGES, SCORE, REFERENCES, rows=0)
