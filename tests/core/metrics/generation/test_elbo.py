"""Both terms of the bound against torch.distributions, in float64."""

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from xaitool.core.metrics.generation.elbo import elbo_terms
from xaitool.core.models.counterfactuals.cvae import Cvae


def drawn(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_equals_the_definition():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Cvae((3, 6, 6), 2, [2, 3], latent=2).double().eval()
    images, noise = drawn(5, 3, 6, 6), drawn(5, 2, seed=1)
    labels, values = torch.tensor([0, 1, 0, 1, 1]), torch.tensor([[0, 2], [1, 1]])[[0, 1, 0, 1, 0]]
    terms = elbo_terms(model, images, labels, values, noise, "bce")
    condition = torch.tensor([[1, 0, 0, 0, 1], [0, 1, 0, 1, 0]]).double()[[0, 1, 0, 1, 0]]
    mean, log_variance = model.encode(images, labels, condition)
    deviation = (log_variance / 2).exp()
    logits = model.decode_logits(mean + deviation * noise, labels, condition)
    likelihood = Bernoulli(logits=logits, validate_args=False).log_prob(images).sum((1, 2, 3))
    divergence = kl_divergence(Normal(mean, deviation), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(terms.reconstruction, -likelihood)
    torch.testing.assert_close(terms.kl, divergence)
    torch.testing.assert_close(terms.bound, likelihood - divergence)
    assert not terms.bound.requires_grad
