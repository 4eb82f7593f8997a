import pytest
import torch

from xaitool.core.metrics.generation.kid import kid
from xaitool.errors import ConfigError, ShapeError


def features(count, dimension, seed, *, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, dimension, generator=generator, dtype=torch.float64) + shift


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def double_loop(x, y):
    dimension, size = x.shape[1], len(x)

    def kernel(one, other):
        return (float(one @ other) / dimension + 1) ** 3

    pairs = [(i, j) for i in range(size) for j in range(size)]
    within = sum(kernel(x[i], x[j]) + kernel(y[i], y[j]) for i, j in pairs if i != j)
    across = sum(kernel(x[i], y[j]) for i, j in pairs)
    return within / (size * (size - 1)) - 2 * across / size**2


def test_equals_a_double_loop():
    x, y = features(12, 5, 1), features(12, 5, 2, shift=0.5)
    result = kid(x, y, generator=seeded())
    assert result.mean == pytest.approx(double_loop(x, y), rel=1e-12)


@pytest.mark.oracle
@pytest.mark.parametrize("size", [300, 777])
def test_equals_torch_fidelity_on_whole_sets(size):
    oracle = pytest.importorskip("torch_fidelity.metric_kid")
    x, y = features(size, 64, 1), features(size, 64, 2, shift=0.2)
    wanted = oracle.kid_features_to_metric(x, y, kid_subsets=1, kid_subset_size=size)
    result = kid(x, y, subset_size=size, generator=seeded())
    assert result.mean == pytest.approx(wanted["kernel_inception_distance_mean"], abs=1e-12)


@pytest.mark.oracle
def test_agrees_with_torch_fidelity_on_random_subsets():
    oracle = pytest.importorskip("torch_fidelity.metric_kid")
    x, y = features(2000, 16, 1), features(1500, 16, 2, shift=0.2)
    wanted = oracle.kid_features_to_metric(x, y, kid_subsets=100, kid_subset_size=200)
    result = kid(x, y, subsets=100, subset_size=200, generator=seeded())
    spread = wanted["kernel_inception_distance_std"]
    assert abs(result.mean - wanted["kernel_inception_distance_mean"]) < 5 * spread / 10
    assert result.standard_deviation == pytest.approx(spread, rel=0.3)


def test_the_same_draws_give_the_same_subsets_of_both_kinds_of_sum():
    x, y = features(40, 4, 1), features(30, 4, 2)
    draws = seeded(7)
    single = []
    for _ in range(3):
        left = x[torch.randperm(40, generator=draws)[:10]]
        right = y[torch.randperm(30, generator=draws)[:10]]
        single.append(double_loop(left, right))
    result = kid(x, y, subsets=3, subset_size=10, generator=seeded(7))
    values = torch.tensor(single, dtype=torch.float64)
    assert result.mean == pytest.approx(values.mean().item(), rel=1e-10)
    assert result.standard_deviation == pytest.approx(values.std(correction=0).item(), rel=1e-8)


def test_small_sets_are_taken_whole_and_once():
    x, y = features(30, 4, 1), features(30, 4, 2)
    few = kid(x, y, subsets=100, subset_size=1000, generator=seeded())
    assert few.mean == pytest.approx(double_loop(x, y), rel=1e-10)
    assert few.standard_deviation == 0.0


def test_the_smaller_set_bounds_the_subsets():
    x, y = features(30, 4, 1), features(500, 4, 2)
    result = kid(x, y, subsets=5, subset_size=1000, generator=seeded())
    assert result == kid(x, y, subsets=5, subset_size=30, generator=seeded())
    assert result.standard_deviation > 0


def test_equal_distributions_average_to_nothing_and_may_be_negative():
    results = [
        kid(features(50, 8, seed), features(50, 8, seed + 1000), generator=seeded()).mean
        for seed in range(100)
    ]
    values = torch.tensor(results)
    assert values.min() < 0
    assert abs(values.mean()) < 4 * values.std() / 10


def test_float32_features_are_compared_in_float64():
    x, y = features(50, 8, 1).float(), features(50, 8, 2).float()
    assert kid(x, y, generator=seeded()) == kid(x.double(), y.double(), generator=seeded())


def test_inputs_are_left_alone():
    x, y = features(20, 4, 1), features(20, 4, 2)
    copies = x.clone(), y.clone()
    kid(x, y, generator=seeded())
    assert torch.equal(x, copies[0])
    assert torch.equal(y, copies[1])


@pytest.mark.parametrize(
    "bad", [torch.zeros(3), torch.zeros(1, 4), torch.zeros(3, 4).long(), torch.zeros(3, 5)]
)
def test_wrong_features_are_refused(bad):
    with pytest.raises(ShapeError):
        kid(torch.zeros(3, 4), bad, generator=seeded())


def test_features_that_are_no_numbers_are_refused():
    with pytest.raises(ShapeError, match="NaN or infinite"):
        kid(torch.zeros(3, 4), torch.full((3, 4), float("nan")), generator=seeded())


@pytest.mark.parametrize("options", [{"subsets": 0}, {"subset_size": 1}])
def test_wrong_sizes_are_refused(options):
    with pytest.raises(ConfigError, match="but at least"):
        kid(torch.zeros(3, 4), torch.zeros(3, 4), generator=seeded(), **options)
