"""Expected gradients against integrated gradients, closed forms and SHAP."""

import pytest
import torch
from torch import nn

from xaitool.core.attribution.expected_gradients import ExpectedGradients
from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.score import Score
from xaitool.errors import UnknownNameError

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 2, 5, 5, dtype=torch.float64, generator=GENERATOR)
REFERENCES = torch.rand(3, 4, 2, 5, 5, dtype=torch.float64, generator=GENERATOR)
TARGET = torch.tensor([0, 2, 1])


def network(dtype=torch.float64):
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 4, 3), nn.Softplus(beta=5), nn.Flatten(), nn.Linear(36, 5)]
    return nn.Sequential(*layers).to(dtype)


def expected(model, score, references=REFERENCES):
    method = IntegratedGradients(model)
    single = [method.attribute(IMAGES, score, one[:, None]).values for one in references.unbind(1)]
    return torch.stack(single).mean(0)


def attribute(model, score, references=REFERENCES, rows=64, **options):
    return ExpectedGradients(model, **options).attribute(IMAGES, score, references, rows=rows)


def error(sampling, samples, seed=0):
    score = Score(TARGET, output="probability")
    exact = expected(network(), score)
    ours = attribute(network(), score, sampling=sampling, samples=samples, seed=seed).values
    return ((ours - exact).norm() / exact.norm()).item()


def test_enumerated_is_the_mean_of_integrated_gradients():
    score = Score(TARGET, output="probability")
    result = attribute(network(), score, sampling="enumerated", rows=7)
    torch.testing.assert_close(result.values, expected(network(), score), rtol=1e-12, atol=1e-15)
    assert result.completeness_gap.abs().max() < 1e-10


@pytest.mark.parametrize("sampling", ["lattice", "random"])
def test_draws_approach_the_expectation(sampling):
    few, many = error(sampling, 100), error(sampling, 10_000)
    assert many < 0.01
    assert many < few / 5


def test_a_lattice_is_better_than_independent_draws():
    lattice, random = (
        sum(error(sampling, 40, seed) for seed in range(5)) for sampling in ("lattice", "random")
    )
    assert lattice < random / 1.5


@pytest.mark.parametrize("sampling", ["lattice", "random"])
def test_draws_have_no_bias(sampling):
    """Few points each, many seeds: only an error that all share is left."""
    model, score = network(), Score(TARGET, output="probability")
    exact = expected(model, score)
    runs = [
        attribute(model, score, sampling=sampling, samples=3, seed=seed).values
        for seed in range(400)
    ]
    single = torch.stack([(run - exact).norm() for run in runs]).mean()
    assert (torch.stack(runs).mean(0) - exact).norm() < 2 * single / 400**0.5


def test_a_lattice_takes_every_reference_equally_often():
    """Values of a linear model are its weights times the distance to the mean reference drawn."""
    torch.manual_seed(0)
    linear = nn.Linear(50, 3).double()
    model = nn.Sequential(nn.Flatten(), linear)
    weights = linear.weight.detach()[TARGET].view_as(IMAGES)
    result = attribute(model, Score(TARGET), samples=8)
    torch.testing.assert_close(result.values, weights * (IMAGES - REFERENCES.mean(1)))
    assert result.completeness_gap.abs().max() < 1e-12
    drawn = attribute(model, Score(TARGET), samples=8, sampling="random")
    assert drawn.completeness_gap.abs().max() > 1e-3


@pytest.mark.parametrize("sampling", ["lattice", "random"])
def test_gap_is_measured_against_all_references(sampling):
    model, score = network(), Score(TARGET)
    result = attribute(model, score, sampling=sampling, samples=3)
    scores = torch.stack([score(model(one)) for one in REFERENCES.unbind(1)]).mean(0).detach()
    torch.testing.assert_close(result.score_baseline, scores)
    difference = result.score_input - scores
    torch.testing.assert_close(result.completeness_gap, result.values.sum((1, 2, 3)) - difference)
    assert result.completeness_gap.abs().min() > 0


@pytest.mark.parametrize("sampling", ["lattice", "random"])
def test_draws_are_keyed_by_seed_and_sample(sampling):
    model, score = network(), Score(TARGET)
    one = attribute(model, score, sampling=sampling, samples=5, rows=3)
    again = attribute(model, score, sampling=sampling, samples=5, rows=64)
    other = attribute(model, score, sampling=sampling, samples=5, seed=1)
    torch.testing.assert_close(one.values, again.values, rtol=1e-12, atol=1e-15)
    assert not torch.allclose(one.values, other.values)


def test_references_may_be_an_expanded_view():
    shared = REFERENCES[:1].expand(3, -1, -1, -1, -1)
    view = attribute(network(), Score(TARGET), shared, samples=9)
    copy = attribute(network(), Score(TARGET), shared.contiguous(), samples=9)
    assert torch.equal(view.values, copy.values)


def test_defaults_and_choices():
    assert ExpectedGradients.default_baseline == "dataset"
    with pytest.raises(UnknownNameError, match="unknown sampling 'enumerate'"):
        ExpectedGradients(network(), sampling="enumerate")


@pytest.mark.oracle
def test_agrees_with_captum_when_enumerated():
    captum = pytest.importorskip("captum.attr")
    model = network()
    theirs = [
        captum.IntegratedGradients(model).attribute(IMAGES, one, target=TARGET)
        for one in REFERENCES.unbind(1)
    ]
    ours = attribute(model, Score(TARGET), sampling="enumerated")
    torch.testing.assert_close(ours.values, torch.stack(theirs).mean(0), rtol=1e-6, atol=1e-9)


@pytest.mark.oracle
def test_agrees_with_shap_within_the_error_of_its_draws():
    shap = pytest.importorskip("shap")
    model, references = network(torch.float32), REFERENCES[0].float()
    explainer = shap.GradientExplainer(model, references)
    theirs = explainer.shap_values(IMAGES.float(), nsamples=4000, rseed=0)
    theirs = torch.from_numpy(theirs)[torch.arange(3), ..., TARGET]
    shared = references.expand(3, -1, -1, -1, -1)
    ours = ExpectedGradients(model, samples=4000).attribute(IMAGES.float(), Score(TARGET), shared)
    assert (ours.values - theirs).norm() / theirs.norm() < 0.05
