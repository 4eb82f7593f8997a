"""All figures of a generator at once: each is what its own function says, none is left out."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tests.workflows.judged import CPU, DIGITS, NAMES, Copies, numbers, untrained_network
from xaitool.core.metrics.generation.density_coverage import density_coverage
from xaitool.core.metrics.generation.feature_distance import mean_distance
from xaitool.core.metrics.generation.feature_statistics import FeatureStatistics
from xaitool.core.metrics.generation.fid import fid
from xaitool.core.metrics.generation.kid import kid
from xaitool.core.metrics.generation.manifold import Manifold
from xaitool.core.metrics.generation.mode_collapse import mode_collapse
from xaitool.core.metrics.generation.precision_recall import precision_recall
from xaitool.core.seeding import random_stream as keyed
from xaitool.data.load import load_dataset
from xaitool.errors import ShapeError
from xaitool.workflows.features.lenet import FeatureNetwork
from xaitool.workflows.gans.judge import GanJudge

KEYS = [
    "fid",
    "kid",
    "kid_std",
    "precision",
    "recall",
    "density",
    "coverage",
    "pixel_deviation",
    "class_coverage",
    "feature_distance",
]


@pytest.fixture(scope="module")
def network() -> FeatureNetwork:
    return untrained_network()


def test_each_figure_is_that_of_its_function(network: FeatureNetwork) -> None:
    judge = GanJudge(network, DIGITS, 700, 3, CPU, neighbours_most=150)
    images = load_dataset("digits", "test").images(torch.arange(300))
    found = judge.judge(Copies(images), numbers(300), kid_subsets=4)

    chosen = torch.randperm(len(DIGITS), generator=keyed(3, "real images"))[:700]
    pictures = DIGITS.images(chosen)
    real, made = network.features(pictures), network.features(images)
    statistics = FeatureStatistics(), FeatureStatistics()
    statistics[0].update(made)
    statistics[1].update(real)
    kernel = kid(made, real, subsets=4, generator=keyed(3, "kid subsets"))
    near = Manifold.of(real[:150])
    precise = precision_recall(near, Manifold.of(made[:150]))
    dense = density_coverage(near, made[:150])
    wanted = [
        fid(*statistics),
        kernel.mean,
        kernel.standard_deviation,
        precise.precision,
        precise.recall,
        dense.density,
        dense.coverage,
        images.double().std(0).mean().item() / pictures.double().std(0).mean().item(),
        covered(network, pictures, images),
        mean_distance(made[:150]) / mean_distance(real[:150]),
    ]
    assert list(found) == KEYS
    # Features of a batch of another size differ in their last bits.
    assert list(found.values()) == pytest.approx(wanted, rel=1e-4)
    assert judge.real_count == 700


def covered(network: FeatureNetwork, real: Tensor, made: Tensor) -> float:
    shares = [
        network.model(images).argmax(1).bincount(minlength=10) / len(images)
        for images in (real, made)
    ]
    present = shares[0] > 0
    return float((shares[1] >= shares[0] / 10)[present].double().mean())


def test_copies_of_the_data_are_as_good_as_can_be(network: FeatureNetwork) -> None:
    everything = DIGITS.images(torch.arange(len(DIGITS)))
    judge = GanJudge(network, DIGITS, len(DIGITS), 0, CPU)
    found = judge.judge(Copies(everything), numbers(len(DIGITS)), kid_subsets=3)
    assert found["fid"] == pytest.approx(0, abs=1e-6)
    # Each ball holds its centre and five others, but for those that the range [-1, 1] moved out.
    assert 1 <= found["density"] <= 6 / 5
    for key in KEYS[3:]:
        if key != "density":
            assert found[key] == pytest.approx(1, abs=1e-6)
    assert mode_collapse(found) is None


def test_one_image_again_and_again_is_a_collapse(network: FeatureNetwork) -> None:
    judge = GanJudge(network, DIGITS, 600, 0, CPU)
    one = DIGITS.images(torch.tensor([4]))
    found = judge.judge(Copies(one.expand(600, -1, -1, -1)), numbers(600), kid_subsets=3)
    assert found["recall"] <= 0.01
    assert found["coverage"] <= 0.05
    assert found["pixel_deviation"] == pytest.approx(0, abs=1e-6)
    assert found["feature_distance"] == pytest.approx(0, abs=1e-6)
    assert found["class_coverage"] < 0.5
    assert mode_collapse(found) is not None


def test_worse_images_have_worse_figures(network: FeatureNetwork) -> None:
    judge = GanJudge(network, DIGITS, 600, 0, CPU)
    images = load_dataset("digits", "test").images(torch.arange(300))
    good, bad = (
        judge.judge(Copies(images, brightness), numbers(300), kid_subsets=2)
        for brightness in (1.0, 0.4)
    )
    for key, sign in (("fid", 1), ("kid", 1), ("coverage", -1), ("pixel_deviation", -1)):
        assert sign * bad[key] > sign * good[key]


def test_the_seed_chooses_the_real_images(network: FeatureNetwork) -> None:
    generator = Copies(DIGITS.images(torch.arange(60)))
    found = [
        GanJudge(network, DIGITS, 200, seed, CPU).judge(generator, numbers(60), kid_subsets=1)
        for seed in (0, 0, 1)
    ]
    assert found[0] == found[1] != found[2]
    assert GanJudge(network, DIGITS, 10**6, 0, CPU).real_count == len(DIGITS)


def test_the_same_noise_has_the_same_figures(network: FeatureNetwork) -> None:
    judge = GanJudge(network, DIGITS, 300, 0, CPU)
    generator = Copies(DIGITS.images(torch.arange(120)))
    found = [judge.judge(generator, numbers(120), kid_subsets=2) for _ in range(2)]
    assert found[0] == found[1]


def test_noise_of_any_shape(network: FeatureNetwork) -> None:
    judge = GanJudge(network, DIGITS, 300, 0, CPU)
    generator = Copies(DIGITS.images(torch.arange(120)))
    flat = judge.judge(generator, numbers(120), kid_subsets=2)
    deep = judge.judge(generator, numbers(120)[..., None, None].expand(-1, 3, 2, 2), kid_subsets=2)
    assert deep == flat


def test_only_the_classes_of_the_dataset_are_wanted(network: FeatureNetwork) -> None:
    few = load_dataset("digits", "train", classes=("7", "3"))
    known = replace(network, classes=tuple(reversed(NAMES)))
    judge = GanJudge(known, few, 200, 0, CPU)
    counts = network.model(few.images(torch.arange(len(few)))).argmax(1).bincount(minlength=10)
    found = judge.judge(Copies(few.images(torch.arange(200))), numbers(200), kid_subsets=1)
    # The network here calls class 9 - n what the other one calls n.
    assert math.isnan(found["class_coverage"]) == (counts[[2, 6]].sum().item() == 0)


@pytest.mark.parametrize("names", [(), ("0", "1", "2")])
def test_unknown_classes_are_not_counted(network: FeatureNetwork, names: tuple[str, ...]) -> None:
    judge = GanJudge(replace(network, classes=names), DIGITS, 100, 0, CPU)
    images = DIGITS.images(torch.arange(50))
    found = judge.judge(Copies(images), numbers(50), kid_subsets=1)
    assert list(found) == [key for key in KEYS if key != "class_coverage"]


@pytest.mark.parametrize(("count", "defined"), [(3, 0), (5, 2), (6, 4)])
def test_few_images_have_no_neighbours(network: FeatureNetwork, count: int, defined: int) -> None:
    judge = GanJudge(network, DIGITS, 100, 0, CPU)
    images = DIGITS.images(torch.arange(count))
    found = judge.judge(Copies(images), numbers(count), kid_subsets=1)
    values = [found[key] for key in ("precision", "recall", "density", "coverage")]
    assert [math.isnan(value) for value in values] == [False] * defined + [True] * (4 - defined)
    assert math.isfinite(found["fid"])


def test_images_that_are_no_numbers_are_refused(network: FeatureNetwork) -> None:
    judge = GanJudge(network, DIGITS, 100, 0, CPU)
    with pytest.raises(ShapeError, match="NaN or infinite"):
        judge.judge(Copies(torch.full((9, 1, 28, 28), torch.nan)), numbers(9), kid_subsets=1)


def test_a_network_for_other_images_is_refused(network: FeatureNetwork) -> None:
    colour = load_dataset("digits", "train", channels=3)
    with pytest.raises(ShapeError, match=r"\(3, 28, 28\), but the feature network of digits"):
        GanJudge(network, colour, 100, 0, CPU)
