"""The baseline of a call from Python."""

from typing import Any

import pytest
import torch
from torch import nn

from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.attribution.saliency import Saliency
from xaitool.core.baselines.base import Baseline
from xaitool.core.baselines.dataset import DatasetReferences
from xaitool.core.baselines.nearest_target import NearestTarget
from xaitool.core.baselines.zero import Zero
from xaitool.core.frozen.users_model import UsersClassifier
from xaitool.core.score import Score
from xaitool.errors import ConfigError, ShapeError, UnknownNameError
from xaitool.workflows.explanations.baseline_argument import Call, argument_baseline
from xaitool.workflows.explanations.image_arguments import labelled_images
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
IMAGES = torch.rand(3, 1, 2, 2, generator=torch.Generator().manual_seed(0))
SCORE = Score(torch.tensor([0, 1, 2]), torch.tensor([1, 2, 0]))


def baseline(given: Any = None, method: Any = IntegratedGradients, **more: Any) -> Baseline | None:
    model = UsersClassifier(nn.Flatten())
    values = {"references": None, "data": None, "attributes": None, **more}
    return argument_baseline(method, given, Call(model, IMAGES, seed=0, runtime=CPU, **values))


def references(given: Any) -> torch.Tensor:
    found = baseline(given)
    assert found is not None
    return found.for_samples(IMAGES, SCORE, None)


def test_unasked_it_is_the_methods_own() -> None:
    assert isinstance(baseline(), Zero)
    assert baseline(method=Saliency) is None
    # References are for the baseline that takes some.
    found = baseline(references=IMAGES[:2])
    assert isinstance(found, DatasetReferences)
    assert torch.equal(found.references, IMAGES[:2])


def test_a_number_is_every_pixel() -> None:
    assert torch.equal(references(0.25), torch.full((3, 1, 1, 2, 2), 0.25))
    assert torch.equal(references(1), torch.ones(3, 1, 1, 2, 2))


def test_images_are_for_all_or_for_each_or_several_for_each() -> None:
    one, each = torch.rand(1, 2, 2), torch.rand(3, 1, 2, 2)
    several = torch.rand(3, 4, 1, 2, 2)
    assert torch.equal(references(one), one.expand(3, 1, 1, 2, 2))
    assert torch.equal(references(each), each[:, None])
    assert torch.equal(references(several), several)


def test_an_object_is_itself() -> None:
    data = labelled_images((IMAGES, torch.arange(3)))
    assert data is not None
    own = NearestTarget(data=data)
    assert baseline(own) is own
    assert isinstance(baseline("nearest-target", data=data), NearestTarget)


@pytest.mark.parametrize(
    ("given", "more", "error", "message"),
    [
        ("zeros", {}, UnknownNameError, "unknown baseline 'zeros'"),
        ("zero:file", {}, ConfigError, "baseline is 'zero:file', but NAME or ganmex:CHECKPOINT"),
        ("nearest-target", {}, ConfigError, r"has no data, but data=\(IMAGES, LABELS\) is wanted"),
        ("dataset", {}, ConfigError, "has no references, but references=IMAGES, a tensor"),
        ("image", {}, ConfigError, "has no image, but baseline=IMAGE, a tensor"),
        ("zero", {"references": IMAGES}, ConfigError, "references are given, but no baseline"),
        ("zero", {"attributes": torch.zeros(3, 1)}, ConfigError, "attributes are given, but no"),
        (IMAGES * 2, {}, ShapeError, "baselines are from"),
        (True, {}, ConfigError, "baseline is a bool, but a name, a number, images or a Baseline"),
    ],
)
def test_what_does_not_fit(
    given: Any, more: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        baseline(given, **more)


def test_a_method_without_a_baseline_takes_none() -> None:
    with pytest.raises(ConfigError, match="Saliency takes no baseline, but one is given"):
        baseline(0.5, method=Saliency)
