"""What the autoencoder minimises, against closed forms, estimates and plain formulas."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal

from xaitool.core.counterfactuals.cvae_losses import (
    drawn_codes,
    kl_divergence,
    reconstruction_error,
    tie_error,
)
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.training.cvae_step import (
    CvaeDraws,
    CvaeObjective,
    cvae_draws,
    cvae_step,
    cvae_terms,
)

SHAPE = (3, 6, 6)
SIZES = (2, 3)


def network(**options: Any) -> Cvae:
    torch.manual_seed(0)
    model = Cvae(SHAPE, 2, SIZES, latent=3, **options).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    return model


def batch(count: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    random = torch.Generator().manual_seed(1)
    images = torch.rand(count, *SHAPE, generator=random, dtype=torch.float64)
    labels = torch.randint(0, 2, (count,), generator=random)
    return images, labels, torch.stack([labels, torch.arange(count) % 3], 1)


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def test_the_loss_is_the_negative_evidence_lower_bound():
    """Two estimates of it: ours, with the closed-form divergence, and plain Monte Carlo."""
    model, (images, labels, values) = network(), batch(1)
    count = 4000
    pictures, told, owned = (
        part.expand(count, *part.shape[1:]) for part in (images, labels, values)
    )
    draws = cvae_draws(model, owned, torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours = cvae_terms(model, pictures, told, owned, draws, CvaeObjective())["loss"]
        vectors = model.one_hot(values)
        mean, log_variance = model.encode(images, labels, vectors)
        code = Normal(mean, (log_variance / 2).exp())
        codes = code.mean + code.stddev * normal(count, 3)
        pixels = Bernoulli(
            logits=model.decode_logits(codes, told, model.one_hot(owned)), validate_args=False
        )
        plain = -pixels.log_prob(images).flatten(1).sum(1)
        plain += (code.log_prob(codes) - Normal(0.0, 1.0).log_prob(codes)).sum(1)
    error = math.sqrt((ours.var() + plain.var()).item() / count)
    assert abs((ours.mean() - plain.mean()).item()) < 5 * error
    assert error < 0.01 * ours.mean().item()


@pytest.mark.parametrize("kind", ["bce", "squared-error"])
def test_terms_are_the_formulas(kind: Any):
    model, (images, labels, values) = network(), batch()
    draws = cvae_draws(model, values, torch.Generator().manual_seed(5))
    objective = CvaeObjective(beta=0.3, tie=2.0, reconstruction=kind)
    terms = cvae_terms(model, images, labels, values, draws, objective)
    own, other = model.one_hot(values), model.one_hot(draws.counterfactual)
    mean, log_variance = model.encode(images, labels, own)
    codes = mean + (log_variance / 2).exp() * draws.noise
    moved = (1 - draws.places) * own + draws.places * other
    expected = {
        "reconstruction": reconstruction_error(
            model.decode_logits(codes, labels, own), images, kind
        ),
        "kl": kl_divergence(mean, log_variance),
        "tie": tie_error(model.decode_logits(codes, labels, moved), images, kind),
    }
    expected["loss"] = expected["reconstruction"] + 0.3 * expected["kl"] + 2 * expected["tie"]
    assert terms.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(terms[name], value)


def test_without_a_weight_nothing_is_decoded_under_other_attributes():
    model, (images, labels, values) = network(), batch()
    decoded: list[int] = []
    model.decoder.register_forward_hook(lambda module, inputs, output: decoded.append(len(output)))
    draws = cvae_draws(model, values, torch.Generator())
    terms = cvae_terms(model, images, labels, values, draws, CvaeObjective())
    assert terms.keys() == {"loss", "reconstruction", "kl"}
    changed = CvaeDraws(draws.noise, values, 1 - draws.places)
    same = cvae_terms(model, images, labels, values, changed, CvaeObjective())
    assert torch.equal(same["loss"], terms["loss"])
    cvae_terms(model, images, labels, values, draws, CvaeObjective(tie=0.1))
    assert decoded == [8, 8, 16]


def test_draws_are_normal_uniform_and_of_other_values():
    model, values = network(), batch(3000)[2]
    draws = cvae_draws(model, values, torch.Generator().manual_seed(0))
    assert draws.noise.shape == (3000, 3)
    assert abs(draws.noise.mean()) < 5 / math.sqrt(9000)
    assert abs(draws.noise.var() - 1) < 5 * math.sqrt(2 / 9000)
    assert (draws.counterfactual != values).all()
    assert draws.places.shape == (3000, 1)
    assert abs(draws.places.mean() - 0.5) < 5 * math.sqrt(1 / 12 / 3000)
    again = cvae_draws(model, values, torch.Generator().manual_seed(0))
    assert all(torch.equal(one, other) for one, other in zip(draws, again, strict=True))


def test_a_step_is_plain_gradient_descent_on_the_mean():
    model, other, data = network(), network(), batch()
    objective = CvaeObjective(tie=1.0)
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-4)
    found = cvae_step(model, optimiser, *data, torch.Generator().manual_seed(2), objective)
    draws = cvae_draws(other, data[2], torch.Generator().manual_seed(2))
    expected = cvae_terms(other, *data, draws, objective)
    gradients = torch.autograd.grad(expected["loss"].mean(), list(other.parameters()))
    for one, start, gradient in zip(model.parameters(), other.parameters(), gradients, strict=True):
        torch.testing.assert_close(one, start - 1e-4 * gradient)
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name].mean().detach())
        assert not value.requires_grad


def test_a_blind_code_is_one_for_an_image_and_its_recolouring():
    """So the bound alone makes a decoder that learns one colour of a shape learn the other."""
    model = network(blind=True)
    images, labels, values = batch()
    noise = cvae_draws(model, values, torch.Generator()).noise
    codes = [
        drawn_codes(*model.encode(seen, labels, model.one_hot(values)), noise)
        for seen in (images, images.roll(1, 1))
    ]
    assert torch.equal(*codes)


def test_training_lowers_the_loss_and_moves_the_statistics_of_batch_normalisation():
    torch.manual_seed(0)
    model = Cvae((3, 16, 16), 2, (2,), network="convolutional").train()
    random = torch.Generator().manual_seed(0)
    labels = torch.arange(32) % 2
    images = torch.zeros(32, 3, 16, 16)
    images[torch.arange(32), labels, 4:12, 4:12] = 1
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    objective = CvaeObjective()
    losses = [
        cvae_step(model, optimiser, images, labels, labels[:, None], random, objective)["loss"]
        for _ in range(12)
    ]
    assert losses[-1] < 0.6 * losses[0]
    norms = [layer for layer in model.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    assert all(layer.num_batches_tracked == 12 for layer in norms)
    assert all(layer.running_mean.abs().sum() > 0 for layer in norms)  # type: ignore[union-attr]


def test_nothing_is_read_back_from_the_device():
    """Tensors on the meta device have no values: reading one would raise."""
    model = Cvae(SHAPE, 2, SIZES).to("meta")
    images = torch.empty(4, *SHAPE, device="meta")
    labels = torch.zeros(4, dtype=torch.int64, device="meta")
    values = torch.zeros(4, 2, dtype=torch.int64, device="meta")
    draws = cvae_draws(model, values, torch.Generator())
    terms = cvae_terms(model, images, labels, values, draws, CvaeObjective(tie=1.0))
    assert all(value.is_meta and value.shape == (4,) for value in terms.values())
