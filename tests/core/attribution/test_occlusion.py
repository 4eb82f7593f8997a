"""Occlusion against a plain loop, closed forms and Captum."""

import pytest
import torch
from torch import nn

from xaitool.core.attribution.occlusion import Occlusion
from xaitool.core.score import Score
from xaitool.errors import ConfigError

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 2, 7, 10, dtype=torch.float64, generator=GENERATOR)
REFERENCES = torch.rand(3, 4, 2, 7, 10, dtype=torch.float64, generator=GENERATOR)
TARGET = torch.tensor([0, 2, 1])
SCORE = Score(TARGET, torch.tensor([3, 0, 4]), "probability")
SHAPES = [(1, 1), (2, 1), (3, 2), (4, 2), (4, 4), (5, 3), (7, 7), (7, 1)]


def network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(320, 5)]
    return nn.Sequential(*layers).double()


class Recorder(nn.Module):
    """One logit, the sum; keeps what it was given."""

    def __init__(self):
        super().__init__()
        self.rows = 0
        self.gradients = set()

    def forward(self, images):
        self.rows += len(images)
        self.gradients.add(torch.is_grad_enabled())
        return images.sum((1, 2, 3))[:, None]


def plain_loop(model, window, stride, images=IMAGES, references=REFERENCES, score=SCORE):
    """Windows that leave the image are cut; a pixel gets the mean over its windows."""
    total, coverage = torch.zeros_like(images), torch.zeros(7, 10)
    whole = score(model(images)).detach()
    for top in range(0, 7 - window + stride, stride):
        for left in range(0, 10 - window + stride, stride):
            place = (..., slice(top, top + window), slice(left, left + window))
            coverage[place] += 1
            for reference in references.unbind(1):
                hidden = images.clone()
                hidden[place] = reference[place]
                fall = whole - score(model(hidden)).detach()
                total[place] += fall[:, None, None, None] / references.shape[1]
    return total / coverage


@pytest.mark.parametrize(("window", "stride"), SHAPES)
def test_equals_a_plain_loop(window, stride):
    model = network()
    method = Occlusion(model, window=window, stride=stride)
    result = method.attribute(IMAGES, SCORE, REFERENCES, rows=13)
    torch.testing.assert_close(
        result.values, plain_loop(model, window, stride), rtol=1e-10, atol=1e-13
    )


@pytest.mark.oracle
@pytest.mark.parametrize(("window", "stride"), SHAPES)
def test_agrees_with_captum(window, stride):
    captum = pytest.importorskip("captum.attr")
    model = network()
    ours = Occlusion(model, window=window, stride=stride).attribute(
        IMAGES, Score(TARGET), REFERENCES[:, :1]
    )
    theirs = captum.Occlusion(model).attribute(
        IMAGES,
        (2, window, window),
        strides=(2, stride, stride),
        baselines=REFERENCES[:, 0],
        target=TARGET,
    )
    # Captum adds up in float32.
    torch.testing.assert_close(ours.values.float(), theirs, rtol=1e-5, atol=1e-8)


def test_occlusion_1_of_a_linear_model_is_weight_times_difference():
    torch.manual_seed(0)
    linear = nn.Linear(140, 5).double()
    model = nn.Sequential(nn.Flatten(), linear)
    result = Occlusion(model, window=1).attribute(IMAGES, Score(TARGET), REFERENCES)
    weights = linear.weight.detach()[TARGET].view_as(IMAGES)
    of_pixel = (weights * (IMAGES - REFERENCES.mean(1))).sum(1, keepdim=True)
    torch.testing.assert_close(result.values, of_pixel.expand_as(IMAGES))


def test_a_window_over_the_whole_image_gives_the_whole_difference():
    image, reference = IMAGES[..., :7], REFERENCES[..., :7]
    model = Recorder()
    score = Score(torch.zeros(3, dtype=torch.int64))
    result = Occlusion(model, window=7).attribute(image, score, reference)
    difference = result.score_input - result.score_baseline
    torch.testing.assert_close(result.values, difference.view(-1, 1, 1, 1).expand_as(image))
    assert result.completeness_gap.isnan().all()
    torch.testing.assert_close(result.score_baseline, reference.mean(1).sum((1, 2, 3)))


@pytest.mark.parametrize(
    ("side", "options", "positions"),
    [
        (224, {}, 28),
        (28, {}, 27),
        (8, {}, 8),
        (28, {"stride": 3}, 10),
        (28, {"window": 7}, 7),
        (28, {"window": 1}, 28),
    ],
)
def test_default_window_and_stride(side, options, positions):
    model = Recorder()
    image = torch.ones(1, 1, side, side)
    method = Occlusion(model, **options)
    method.attribute(image, Score(torch.zeros(1, dtype=torch.int64)), 0 * image[None])
    assert model.rows == positions**2 + 2
    assert model.gradients == {False}


@pytest.mark.parametrize(("window", "stride"), SHAPES)
def test_only_windows_that_change_the_image_are_run(window, stride):
    image = torch.zeros_like(IMAGES[:1])
    image[:, :, 2:4, 5:7] = IMAGES[:1, :, 2:4, 5:7]
    score, black = SCORE.select(slice(1)), torch.zeros_like(REFERENCES[:1])
    black[:, 1, :, :, 6] = 0.5
    expected = plain_loop(network(), window, stride, image, black, score)
    sizes = []
    model = network()
    model.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    result = Occlusion(model, window=window, stride=stride).attribute(image, score, black)
    torch.testing.assert_close(result.values, expected)
    tops, lefts = (range(0, side - window + stride, stride) for side in (7, 10))
    shown = [(top, left) for top in tops for left in lefts]
    object_hidden = [top < 4 and top + window > 2 and 5 - window < left < 7 for top, left in shown]
    line_shown = [6 - window < left <= 6 for _, left in shown]
    either = [one or other for one, other in zip(object_hidden, line_shown, strict=True)]
    assert sum(sizes) == 1 + 4 + 3 * sum(object_hidden) + sum(either)


def test_inputs_and_references_may_be_expanded_views():
    images = IMAGES[:1].expand(3, -1, -1, -1)
    references = REFERENCES[:1].expand(3, -1, -1, -1, -1)
    before = images.clone()
    view = Occlusion(network()).attribute(images, SCORE, references)
    copy = Occlusion(network()).attribute(images.clone(), SCORE, references.contiguous())
    assert torch.equal(view.values, copy.values)
    assert torch.equal(images, before)


def test_options_are_checked():
    with pytest.raises(ConfigError, match="--stride is 3, but at most the window's 2"):
        Occlusion(network(), window=2, stride=3)
    with pytest.raises(ConfigError, match="at least 1"):
        Occlusion(network(), window=0)
    with pytest.raises(ConfigError, match="--window is 8, but at most 7 is wanted"):
        Occlusion(network(), window=8).attribute(IMAGES, SCORE, REFERENCES)
