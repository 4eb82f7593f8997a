"""The autoencoder's path, point by point, and the attributes that it infers."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal, kl_divergence

from xaitool.core.counterfactuals.cvae_path import CvaePath
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.errors import ShapeError

SHAPE = (3, 16, 16)
SIZES = (2, 3)


def network(kind: str = "mlp", *, blind: bool = False) -> Cvae:
    torch.manual_seed(0)
    model = Cvae(SHAPE, 3, SIZES, latent=4, network=kind, blind=blind).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    return model


def batch(count: int = 7) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    random = torch.Generator().manual_seed(2)
    images = torch.rand(count, *SHAPE, generator=random, dtype=torch.float64)
    labels = torch.randint(0, 3, (count,), generator=random)
    values = torch.stack([torch.randint(0, n, (count,), generator=random) for n in SIZES], 1)
    return images, labels, values, (values + 1) % torch.tensor(SIZES)


@pytest.mark.parametrize("kind", ["mlp", "convolutional"])
@pytest.mark.parametrize("blind", [False, True])
def test_the_code_stays_and_the_decoders_attributes_move(kind: str, blind: bool):
    model, (images, labels, own, other) = network(kind, blind=blind).eval(), batch()
    places = torch.tensor([0.0, 0.3, 1.0])
    points = CvaePath(model).points(images, labels, own, other, places, rows=4)
    assert points.shape == (7, 3, *SHAPE)
    with torch.no_grad():
        for i in range(7):
            row = slice(i, i + 1)
            mean, _ = model.encode(images[row], labels[row], model.one_hot(own[row]))
            for point, place in zip(points[i], places.tolist(), strict=True):
                mixed = (1 - place) * model.one_hot(own[row]) + place * model.one_hot(other[row])
                made = model.decode(mean, labels[row], mixed)[0]
                torch.testing.assert_close(point, made, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("rows", [1, 5, 1000])
def test_the_ends_are_reconstruction_and_counterfactual_whatever_the_rows(rows: int):
    model, (images, labels, own, other) = network("convolutional").eval(), batch()
    points = CvaePath(model).points(images, labels, own, other, torch.tensor([0.0, 1.0]), rows)
    with torch.no_grad():
        mean, _ = model.encode(images, labels, model.one_hot(own))
        torch.testing.assert_close(points[:, 0], model(images, labels, model.one_hot(own)))
        torch.testing.assert_close(points[:, 1], model.decode(mean, labels, model.one_hot(other)))


def test_the_model_is_left_as_it_was():
    model, (images, labels, own, other) = network("convolutional").train(), batch()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    given = images.clone().requires_grad_()
    points = CvaePath(model).points(given, labels, own, other, torch.rand(3))
    CvaePath(model).infer(given, labels)
    assert not points.requires_grad
    assert all(part.training for part in model.modules())
    assert all(part.requires_grad and part.grad is None for part in model.parameters())
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)
    # As in eval mode.
    again = CvaePath(model.eval()).points(images, labels, own, other, torch.zeros(1))
    torch.testing.assert_close(again[:, 0], model(images, labels, model.one_hot(own)).detach())


@pytest.mark.parametrize("rows", [5, 1000])
@pytest.mark.parametrize("blind", [False, True])
def test_inferred_attributes_have_the_largest_bound(rows: int, blind: bool):
    model, (images, labels, _, _) = network(blind=blind).eval(), batch(20)
    found = CvaePath(model).infer(images, labels, rows)
    bounds = []
    combinations = list(itertools.product(range(2), range(3)))
    with torch.no_grad():
        for values in combinations:
            vectors = model.one_hot(torch.tensor(values).expand(20, -1))
            mean, log_variance = model.encode(images, labels, vectors)
            pixels = Bernoulli(
                logits=model.decode_logits(mean, labels, vectors), validate_args=False
            )
            code = Normal(mean, (log_variance / 2).exp())
            divergence = kl_divergence(code, Normal(torch.zeros_like(mean), 1.0)).sum(1)
            bounds.append(pixels.log_prob(images).flatten(1).sum(1) - divergence)
    best = torch.tensor(combinations)[torch.stack(bounds, 1).argmax(1)]
    assert torch.equal(found, best)
    assert len(best.unique(dim=0)) > 1


def test_what_has_other_attributes_is_refused():
    model, (images, labels, own, other) = network(), batch()
    with pytest.raises(ShapeError, match=r"attributes are \(7, 1\), but \(N, 2\)"):
        CvaePath(model).points(images, labels, own[:, :1], other, torch.ones(1))
    with pytest.raises(ShapeError, match=r"images are \(1, 16, 16\), but the CVAE wants"):
        CvaePath(model).points(images[:, :1], labels, own, other, torch.ones(1))
