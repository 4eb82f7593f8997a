"""The points of a path as a baseline: their order, whose attributes, which label."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from xaitool.core.baselines.counterfactual_path import CvaePathBaseline, RecolouringBaseline
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.score import Score
from xaitool.errors import ConfigError, DataError, ShapeError

RANDOM = torch.Generator().manual_seed(0)
SHAPE = (3, 5, 6)
IMAGES = torch.rand(4, *SHAPE, dtype=torch.float64, generator=RANDOM)
LABELS = torch.tensor([0, 2, 1, 1])
SCORE = Score(LABELS, torch.tensor([1, 0, 2, 0]))
ATTRIBUTES = torch.tensor([[0, 2], [1, 0], [1, 1], [0, 2]])


def autoencoder() -> Cvae:
    torch.manual_seed(0)
    return Cvae(SHAPE, 3, (2, 3)).double().eval()


def decoded(attributes: Tensor, moved: Tensor) -> Tensor:
    """From the code of the images with `attributes`, with `moved` for the decoder's."""
    model = autoencoder()
    with torch.no_grad():
        codes, _ = model.encode(IMAGES, LABELS, model.one_hot(attributes))
        return model.decode(codes, LABELS, moved)


def test_from_the_counterfactual_to_the_reconstruction() -> None:
    model = autoencoder()
    found = CvaePathBaseline(cvae=model, points=5).for_samples(IMAGES, SCORE, ATTRIBUTES)
    own = model.one_hot(ATTRIBUTES)
    # The other of two values, the next of three.
    other = model.one_hot(torch.tensor([[1, 0], [0, 1], [0, 2], [1, 0]]))
    assert found.shape == (4, 5, *SHAPE)
    for index, place in enumerate([1, 0.75, 0.5, 0.25, 0]):
        expected = decoded(ATTRIBUTES, (1 - place) * own + place * other)
        torch.testing.assert_close(found[:, index], expected, rtol=1e-10, atol=1e-12)


def test_one_point_is_the_counterfactual() -> None:
    one, many = (
        CvaePathBaseline(cvae=autoencoder(), points=points).for_samples(IMAGES, SCORE, ATTRIBUTES)
        for points in (1, 7)
    )
    assert one.shape[1] == 1
    torch.testing.assert_close(one[:, 0], many[:, 0])


def test_attributes_that_nobody_tells_are_those_of_the_largest_bound() -> None:
    """Computed here with the distributions of torch."""
    model = autoencoder()
    bounds, values = [], []
    for first in range(2):
        for second in range(3):
            chosen = torch.tensor([[first, second]]).expand(4, 2)
            with torch.no_grad():
                mean, variance = model.encode(IMAGES, LABELS, model.one_hot(chosen))
                code = torch.distributions.Normal(mean, (variance / 2).exp())
                prior = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
                logits = model.decode_logits(mean, LABELS, model.one_hot(chosen))
            pixels = torch.distributions.Bernoulli(logits=logits, validate_args=False)
            divergence = torch.distributions.kl_divergence(code, prior).sum(1)
            bounds.append(pixels.log_prob(IMAGES).sum((1, 2, 3)) - divergence)
            values.append((first, second))
    inferred = torch.tensor(values)[torch.stack(bounds).argmax(0)]
    baseline = CvaePathBaseline(cvae=model, points=3)
    told = baseline.for_samples(IMAGES, SCORE, inferred)
    torch.testing.assert_close(baseline.for_images(IMAGES, SCORE), told)
    assert not torch.allclose(baseline.for_samples(IMAGES, SCORE, (inferred + 1) % 2), told)


def test_the_label_is_the_explained_class() -> None:
    baseline = CvaePathBaseline(cvae=autoencoder(), points=3)
    found = baseline.for_samples(IMAGES, Score(torch.tensor([2, 2, 1, 1])), ATTRIBUTES)
    before = baseline.for_samples(IMAGES, SCORE, ATTRIBUTES)
    same = [torch.equal(one, other) for one, other in zip(found, before, strict=True)]
    assert same == [False, True, True, True]


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_any_number_of_rows(rows: int) -> None:
    found = CvaePathBaseline(cvae=autoencoder(), points=4).for_images(IMAGES, SCORE, rows=rows)
    whole = CvaePathBaseline(cvae=autoencoder(), points=4).for_images(IMAGES, SCORE)
    torch.testing.assert_close(found, whole, rtol=1e-10, atol=1e-12)


def test_the_autoencoder_stays_as_it_was() -> None:
    model = autoencoder().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    CvaePathBaseline(cvae=model, points=2).for_images(IMAGES, SCORE)
    assert all(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_recolouring_is_a_straight_line_to_the_image() -> None:
    grey = IMAGES[:, 0]
    images = torch.zeros_like(IMAGES)
    colours = torch.tensor([0, 1, 1, 0])
    images[torch.arange(4), colours] = grey
    other = torch.zeros_like(IMAGES)
    other[torch.arange(4), 1 - colours] = grey
    # The attributes of a dataset may be any others: the colour is in the pixels.
    found = RecolouringBaseline(points=3).for_samples(images, SCORE, ATTRIBUTES)
    assert torch.equal(found[:, 0], other)
    torch.testing.assert_close(found[:, 1], (images + other) / 2)
    assert torch.equal(found[:, 2], images)


def test_what_does_not_fit() -> None:
    baseline = CvaePathBaseline(cvae=autoencoder(), points=2)
    with pytest.raises(ShapeError, match=r"the attributes are \(4, 1\), but \(N, 2\) is wanted"):
        baseline.for_samples(IMAGES, SCORE, ATTRIBUTES[:, :1])
    with pytest.raises(DataError, match="has the value 2, but 0 to 1 are known"):
        baseline.for_samples(IMAGES, SCORE, ATTRIBUTES + 1)
    with pytest.raises(ShapeError, match="the CVAE wants"):
        baseline.for_samples(IMAGES[..., 1:], SCORE, ATTRIBUTES)
    with pytest.raises(ShapeError, match="a channel for each of 2 colours"):
        RecolouringBaseline().for_images(IMAGES[:, :1], SCORE)
    with pytest.raises(ConfigError, match="points is 0"):
        RecolouringBaseline(points=0)
