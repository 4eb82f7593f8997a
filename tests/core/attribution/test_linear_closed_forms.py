"""Every registered method on a linear classifier, where its result can be written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.attribution.base import Attribution
from xaitool.core.models.normalise import Normalise
from xaitool.core.score import Score

RANDOM = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 2, 6, 6, dtype=torch.float64, generator=RANDOM)
REFERENCES = torch.rand(3, 4, 2, 6, 6, dtype=torch.float64, generator=RANDOM)
SCORE = Score(torch.tensor([0, 2, 1]), torch.tensor([3, 1, 0]))
MEAN, DEVIATION = [0.4, 0.6], [0.2, 0.3]


def classifier() -> nn.Sequential:
    """Linear from pixels to logits; its convolution does nothing, and is there for Grad-CAM."""
    torch.manual_seed(0)
    convolution = nn.Conv2d(2, 2, 1, bias=False)
    convolution.weight.data.copy_(torch.eye(2).view(2, 2, 1, 1))
    layers = [Normalise(MEAN, DEVIATION), convolution, nn.Flatten(), nn.Linear(72, 4)]
    return nn.Sequential(*layers).double()


def weights(classes: Tensor) -> Tensor:
    """Of the logits of these classes, for pixels, ``(N, C, H, W)``."""
    weight = classifier().get_parameter("3.weight").detach()
    return weight[classes].view(-1, 2, 6, 6) / torch.tensor(DEVIATION).view(1, 2, 1, 1)


def slope() -> Tensor:
    assert SCORE.against is not None
    return weights(SCORE.target) - weights(SCORE.against)


def difference(_: Attribution) -> Tensor:
    return slope() * (IMAGES - REFERENCES.mean(1))


def from_first_to_last(_: Attribution) -> Tensor:
    return slope() * (REFERENCES[:, -1] - REFERENCES[:, 0])


def gradient(_: Attribution) -> Tensor:
    return slope()


def pixel_by_pixel(result: Attribution) -> Tensor:
    return difference(result).sum(1, keepdim=True).expand_as(IMAGES)


def from_the_mean_colour(_: Attribution) -> Tensor:
    return slope() * (IMAGES - IMAGES.mean((2, 3), keepdim=True))


def feature_maps(_: Attribution) -> Tensor:
    maps = (IMAGES - torch.tensor(MEAN).view(1, 2, 1, 1)) / torch.tensor(DEVIATION).view(1, 2, 1, 1)
    mean_gradient = slope().mean((2, 3), keepdim=True) * torch.tensor(DEVIATION).view(1, 2, 1, 1)
    return (maps * mean_gradient).sum(1, keepdim=True).expand_as(IMAGES) / 2


def along_the_path(result: Attribution) -> Tensor:
    """All steps go the same way, and stop where a pixel is black or white."""
    assert SCORE.against is not None
    taken = result.extras["class_steps"].double().view(-1, 1, 1, 1)
    end = (IMAGES + 0.01 * taken * weights(SCORE.against).sign()).clamp(0, 1)
    return weights(SCORE.target) * (IMAGES - end)


class Form(NamedTuple):
    """What a method with these options gives, and whether its values promise a sum."""

    expected: Callable[[Attribution], Tensor]
    complete: bool = False
    options: dict[str, Any] = {}  # noqa: RUF012


FORMS = {
    "saliency": Form(gradient),
    "input-x-gradient": Form(lambda _: slope() * IMAGES),
    "smooth-grad": Form(gradient, options={"samples": 3}),
    "guided-backprop": Form(gradient),
    "integrated-gradients": Form(difference, complete=True, options={"steps": 2}),
    "blur-ig": Form(from_the_mean_colour, complete=True, options={"max_sigma": 1000.0}),
    "cgi": Form(from_first_to_last, complete=True),
    # Four points in the four references' turn: each is taken once.
    "expected-gradients": Form(difference, complete=True, options={"samples": 4}),
    "agi": Form(along_the_path, complete=True, options={"epsilon": 0.01, "steps": 60}),
    "deeplift": Form(difference, complete=True),
    "deep-shap": Form(difference, complete=True),
    "occlusion": Form(pixel_by_pixel, options={"window": 1}),
    "grad-cam": Form(feature_maps, options={"relu": False}),
}


@pytest.mark.parametrize("name", registry.names("method"))
def test_closed_form(name: str) -> None:
    form = FORMS[name]
    method = registry.load("method", name)(classifier(), **form.options)
    result = method.attribute(IMAGES, SCORE, REFERENCES)
    torch.testing.assert_close(result.values, form.expected(result), rtol=1e-9, atol=1e-12)
    assert result.completeness_gap.isnan().all() != form.complete
    if form.complete:
        assert result.completeness_gap.abs().max() < 1e-11


@pytest.mark.parametrize("sampling", ["lattice", "random", "enumerated"])
def test_expected_gradients_of_one_reference_has_no_error(sampling: str) -> None:
    method = registry.load("method", "expected-gradients")
    bound = method(classifier(), sampling=sampling, samples=3, steps=1)
    result = bound.attribute(IMAGES, SCORE, REFERENCES[:, :1])
    expected = slope() * (IMAGES - REFERENCES[:, 0])
    torch.testing.assert_close(result.values, expected, rtol=1e-9, atol=1e-12)


def test_every_path_to_a_class_of_a_linear_model_is_complete() -> None:
    for step in ("sign", "gradient"):
        for rule in ("trapezoid", "left"):
            method = registry.load("method", "agi")
            bound = method(classifier(), step=step, rule=rule, epsilon=0.3, steps=2)
            score = Score(SCORE.target)
            assert bound.attribute(IMAGES, score).completeness_gap.abs().max() < 1e-11
