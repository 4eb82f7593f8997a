"""Every registered baseline on images and scores that hypothesis makes up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.core.baselines.brighten import Brighten
from tests.core.baselines.labelled_set import LabelledSet
from xaitool import registry
from xaitool.core.baselines.base import Baseline
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.score import Score

BASELINES = registry.names("baseline")
CLASSES = 3
# The same cases in every run.
FEW = settings(max_examples=10, derandomize=True, deadline=None, database=None)


@dataclass(frozen=True)
class Case:
    """Images and what a baseline may ask for beside them."""

    images: Tensor
    score: Score
    supply: dict[str, Any]
    rows: int

    def __repr__(self) -> str:
        return f"{self.images.dtype} {tuple(self.images.shape)}, {self.score}"


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Of any shape and contrast: also grey, black and white images, and ones on the border."""
    random = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    dtype = draw(st.sampled_from([torch.float32, torch.float64]))
    shape = (draw(st.sampled_from([1, 3])), draw(st.integers(1, 9)), draw(st.integers(1, 9)))
    images = torch.rand(draw(st.integers(1, 4)), *shape, generator=random)
    images = images.lerp(images.round(), draw(st.sampled_from([0.0, 1.0])))
    if draw(st.booleans()):
        images = images[..., :1, :1].expand_as(images).clone()
    target = torch.randint(CLASSES, (len(images),), generator=random)
    score = Score(target, (target + 1) % CLASSES)
    model = nn.Sequential(nn.Flatten(), nn.Linear(images[0].numel(), CLASSES))
    for parameter in model.parameters():
        parameter.data.copy_(torch.randn(parameter.shape, generator=random))
    supply = {
        "image": torch.rand(shape, generator=random),
        "references": torch.rand(2, *shape, generator=random),
        "data": LabelledSet(torch.rand(30, *shape, generator=random), torch.arange(30) % CLASSES),
        "model": model.to(dtype),
        "generator": Brighten(),
        "seed": draw(st.integers(0, 2**40)),
    }
    return Case(images.to(dtype), score, supply, draw(st.integers(1, 8)))


def autoencoder(images: Tensor) -> Cvae:
    torch.manual_seed(0)
    channels, height, width = images.shape[1:]
    return Cvae((channels, height, width), CLASSES, (2, 3)).to(images.dtype)


def make(name: str, case: Case) -> Baseline:
    found = registry.load("baseline", name)
    options = {"references": 3, "steps": 5, "points": 4}
    known = found.Options.from_mapping({}, source="").to_dict()
    assume(name != "recolour" or case.images.shape[1] == 3)
    supply = case.supply | {"cvae": autoencoder(case.images)} if name == "cvae" else case.supply
    made: Baseline = found(
        **{need: supply[need] for need in found.keyword_needs()},
        **{option: value for option, value in options.items() if option in known},
    )
    return made


@pytest.mark.parametrize("name", BASELINES)
@FEW
@given(case=cases())
def test_references_are_images_like_the_inputs(name: str, case: Case) -> None:
    images = case.images.clone()
    references = make(name, case).for_images(case.images, case.score, rows=case.rows)
    assert references.ndim == 5
    assert (len(references), *references.shape[2:]) == case.images.shape
    assert references.shape[1] >= 1
    assert references.dtype == case.images.dtype
    assert references.device == case.images.device
    assert not references.requires_grad
    assert references.min() >= 0
    assert references.max() <= 1
    assert torch.equal(case.images, images)


@pytest.mark.parametrize("name", BASELINES)
@FEW
@given(case=cases(), order=st.randoms(use_true_random=False))
def test_a_sample_has_its_own_references_wherever_it_is(name: str, case: Case, order: Any) -> None:
    baseline, random = make(name, case), torch.get_rng_state()
    whole = baseline.for_images(case.images, case.score, rows=case.rows)
    assert torch.equal(whole, make(name, case).for_images(case.images, case.score, rows=case.rows))
    assert torch.equal(whole, baseline.for_images(case.images, case.score, rows=case.rows))
    samples = list(range(len(case.images)))
    order.shuffle(samples)
    rows = torch.tensor(samples)
    shuffled = baseline.for_images(case.images[rows], case.score.select(rows))
    precision = 1e-4 if case.images.dtype == torch.float32 else 1e-9
    torch.testing.assert_close(shuffled, whole[rows], rtol=0, atol=precision)
    for sample in samples:
        part = slice(sample, sample + 1)
        single = baseline.for_images(case.images[part], case.score.select(part))
        torch.testing.assert_close(single, whole[part], rtol=0, atol=precision)
    assert torch.equal(torch.get_rng_state(), random)
