import pytest
import torch

from tests.core.metrics.generation.feature_sets import in_small_parts, normal, on_a_line
from tests.reference import neighbour_balls
from xaitool.core.metrics.generation.manifold import Manifold
from xaitool.core.metrics.generation.precision_recall import precision_recall
from xaitool.errors import ShapeError


def measured(real, generated, neighbours=3):
    return precision_recall(Manifold.of(real), Manifold.of(generated), neighbours=neighbours)


CASES = {
    "alike": (normal(60, 5, 1), normal(50, 5, 2)),
    "narrow": (normal(60, 5, 3), normal(70, 5, 4, scale=0.3)),
    "shifted": (normal(40, 3, 5), normal(60, 3, 6, shift=1.0)),
    "far-from-zero": (normal(40, 4, 7, shift=1e5), normal(40, 4, 8, shift=1e5)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("neighbours", [1, 3, 5])
@pytest.mark.parametrize("numbers", [100, 2**21])
def test_equals_the_comparison_of_all_pairs(name, neighbours, numbers, monkeypatch):
    in_small_parts(monkeypatch, numbers)
    real, generated = CASES[name]
    wanted = neighbour_balls.precision_recall(real.tolist(), generated.tolist(), neighbours)
    assert measured(real, generated, neighbours) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.oracle
@pytest.mark.parametrize(("count", "other"), [(300, 300), (500, 211)])
def test_equals_torch_fidelity(count, other):
    oracle = pytest.importorskip("torch_fidelity.metric_prc")
    real, generated = normal(count, 16, 1), normal(other, 16, 2, scale=0.8)
    wanted = oracle.prc_features_to_metric(
        generated, real, prc_neighborhood=3, prc_batch_size=100, save_cpu_ram=False, verbose=False
    )
    found = measured(real, generated)
    # It averages in float32.
    assert found.precision == pytest.approx(wanted["precision"], abs=1e-6)
    assert found.recall == pytest.approx(wanted["recall"], abs=1e-6)


def test_on_a_line():
    real, generated = on_a_line(0, 1, 2, 10), on_a_line(0.5, -1.5, 17, 19)
    # Balls reach the nearest neighbour: [-1, 1], [0, 2], [1, 3], [2, 18] round the real ones,
    # [-1.5, 2.5], [-3.5, 0.5], [15, 19], [17, 21] round the others.
    assert measured(real, generated, 1) == (2 / 4, 3 / 4)


def test_balls_are_closed():
    real, generated = on_a_line(0, 1, 10), on_a_line(-1, 30, 60)
    assert measured(real, generated, 1).precision == 1 / 3


def test_copies_are_always_inside_whatever_rounding_does():
    real = normal(300, 84, 1, scale=7.0, shift=3.0).relu()
    order = torch.randperm(300, generator=torch.Generator().manual_seed(0))
    assert measured(real, real[order]) == (1, 1)
    repeated = real[:20].repeat_interleave(5, 0)  # radii of 0
    assert measured(repeated, repeated[order[order < 100]]) == (1, 1)


def test_one_side_swapped_for_the_other():
    real, generated = CASES["shifted"]
    there, back = measured(real, generated), measured(generated, real)
    assert (there.precision, there.recall) == (back.recall, back.precision)


def test_lost_modes_show_in_recall_only():
    modes = 20 * torch.arange(5).double()[:, None]
    real = normal(200, 1, 1) + modes.repeat(40, 1)
    generated = normal(100, 1, 2) + modes[:2].repeat(50, 1)
    found = measured(real, generated)
    assert found.precision > 0.9
    assert 0.35 < found.recall < 0.45


def test_different_numbers_of_features_are_refused():
    with pytest.raises(ShapeError, match="5 features, but the first has 4"):
        measured(normal(10, 4, 1), normal(10, 5, 1))


def test_too_few_samples_are_refused():
    with pytest.raises(ShapeError, match="neighbour 3 of 3 samples"):
        measured(normal(10, 4, 1), normal(3, 4, 1))
