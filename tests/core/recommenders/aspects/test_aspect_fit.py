import pytest
import torch

from xaitool.core.recommenders.aspects.aspect_attention import attend
from xaitool.core.recommenders.aspects.aspect_fit import fit_aspects

DECAYS = {"aspect_decay": 0.02, "attention_decay": 0.01}
MODES = ["masked-softmax", "softmax", "signed"]


def sample(items=80, aspects=5, size=7, seed=0):
    draws = torch.Generator().manual_seed(seed)
    has = torch.rand(items, aspects, generator=draws) < 0.4
    has[torch.arange(items), torch.randint(aspects, (items,), generator=draws)] = True
    vectors = 3 * torch.randn(items, size, generator=draws, dtype=torch.float64)
    return vectors, torch.randint(1, 50, (items,), generator=draws), has


def unit(vectors, weights):
    shares = weights / weights.double().sum()
    length = (shares @ vectors.square().sum(1)).sqrt()
    return vectors / length, shares, length


def loss(attention, vectors, shares, has, embeddings, weight, bias):
    parts = attend(attention, vectors @ weight.T + bias, has)
    distance = (vectors - parts @ embeddings).square().sum(1)
    decay = DECAYS["aspect_decay"] * embeddings.square().sum()
    return (
        shares @ distance
        + decay
        + DECAYS["attention_decay"] * (weight.square().sum() + bias.square().sum())
    )


def best_together(attention, vectors, shares, has):
    """Embeddings and attention searched together, from near equal parts, by torch's L-BFGS."""
    count, size = has.shape[1], vectors.shape[1]
    draws = torch.Generator().manual_seed(1)
    parameters = [
        (1e-3 * torch.randn(shape, generator=draws, dtype=torch.float64)).requires_grad_()
        for shape in ((count, size), (count, size), (count,))
    ]
    optimiser = torch.optim.LBFGS(parameters, max_iter=500, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        value = loss(attention, vectors, shares, has, *parameters)
        value.backward()
        return value

    optimiser.step(closure)
    return closure().item()


@pytest.mark.parametrize("attention", MODES)
def test_finds_what_a_joint_search_finds(attention):
    vectors, weights, has = sample()
    fit = fit_aspects(vectors, weights, has, attention=attention, **DECAYS)
    scaled, shares, length = unit(vectors, weights)
    weight = fit.weight * length
    parts = attend(attention, scaled @ weight.T + fit.bias, has)
    weighted = (parts * shares[:, None]).T
    ridge = DECAYS["aspect_decay"] * torch.eye(5, dtype=torch.float64)
    embeddings = torch.linalg.solve(weighted @ parts + ridge, weighted @ scaled)
    found = loss(attention, scaled, shares, has, embeddings, weight, fit.bias).item()
    assert found <= best_together(attention, scaled, shares, has) * 1.001
    ratio = fit.embeddings / (embeddings * length)
    torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio))


@pytest.mark.parametrize("attention", MODES)
def test_no_stretch_of_the_embeddings_is_nearer(attention):
    vectors, weights, has = sample()
    fit = fit_aspects(vectors, weights, has, attention=attention, **DECAYS)
    shares = weights / weights.double().sum()
    near = attend(attention, vectors @ fit.weight.T + fit.bias, has) @ fit.embeddings
    at = {
        stretch: (shares @ (vectors - stretch * near).square().sum(1)).item()
        for stretch in (0.98, 1.0, 1.02)
    }
    assert min(at, key=lambda stretch: at[stretch]) == 1.0


@pytest.mark.parametrize("attention", [*MODES, "least-squares"])
def test_weights_are_relative(attention):
    vectors, weights, has = sample()
    once = fit_aspects(vectors, weights, has, attention=attention, **DECAYS)
    more = fit_aspects(vectors, 10 * weights, has, attention=attention, **DECAYS)
    torch.testing.assert_close(once.embeddings, more.embeddings)
