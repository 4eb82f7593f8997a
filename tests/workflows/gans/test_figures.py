"""Figures of a judgement, of points whose distances are known."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from xaitool.core.metrics.generation.manifold import Manifold
from xaitool.workflows.features.gathered import GatheredFeatures
from xaitool.workflows.features.reference import ReferenceFeatures
from xaitool.workflows.gans import figures
from xaitool.workflows.gans.figures import Figure, JudgedImages


class Pixels:
    """Features are the pixels, and the class is whether the first of them is above 1/2."""

    def both(self, images: Tensor) -> tuple[Tensor, Tensor]:
        first = images.flatten(1)[:, :1]
        return images.flatten(1), torch.cat([1 - first, first], 1)


def gathered(points: Tensor) -> GatheredFeatures:
    network: Any = Pixels()
    found = GatheredFeatures()
    found.update(network, points[:, None, None, :])
    return found


def judged(made: Tensor, real: Tensor, **options: Any) -> JudgedImages:
    values: dict[str, Any] = {"nearby": 1000, "seed": 0, "kid_subsets": 3}
    values |= {"wanted": torch.tensor([0, 1]), **options}
    distance = torch.pdist(real[: values["nearby"]].double()).mean().item()
    reference = ReferenceFeatures(gathered(real), Manifold.of(real[: values["nearby"]]), distance)
    return JudgedImages(gathered(made), reference, **values)


def line(count: int, step: float = 0.05) -> Tensor:
    """Points in a row, in float64."""
    return torch.stack([torch.arange(count) * step, torch.zeros(count)], 1).double()


def test_a_shift_is_the_squared_distance_of_the_means() -> None:
    real = line(12)
    images = judged(real + torch.tensor([0.3, 0.4], dtype=torch.float64), real)
    # Equal covariances leave |shift|² alone.
    assert figures.frechet_distance(images).value == pytest.approx(0.25, abs=1e-9)
    assert figures.distance_of_features(images).value == pytest.approx(1)
    assert figures.deviation_of_pixels(images).value == pytest.approx(1)


def test_a_stretch_is_its_factor() -> None:
    images = judged(line(12, 0.1), line(12, 0.05))
    assert figures.distance_of_features(images).value == pytest.approx(2)
    assert figures.deviation_of_pixels(images).value == pytest.approx(2)


def test_far_away_nothing_is_near() -> None:
    images = judged(line(8) + 7, line(8))
    near = (figures.precision, figures.recall, figures.density, figures.coverage)
    assert [figure(images).value for figure in near] == [0, 0, 0, 0]
    same = judged(line(8), line(8))
    assert [figure(same).value for figure in near if figure is not figures.density] == [1, 1, 1]


@pytest.mark.parametrize(
    ("count", "defined"), [(3, (False, False)), (5, (True, False)), (6, (True, True))]
)
def test_of_too_few_images_there_are_no_neighbours(count: int, defined: tuple[bool, bool]) -> None:
    images = judged(line(count), line(20))
    found = figures.precision(images).value, figures.coverage(images).value
    assert tuple(not math.isnan(value) for value in found) == defined
    # So many are compared, however many there are.
    fewer = judged(line(20), line(20), nearby=count)
    assert (fewer.fewest, len(fewer.near)) == (count, count)
    assert math.isnan(figures.recall(fewer).value) != defined[0]


def test_kernel_distance_is_a_mean_over_draws_of_the_seed() -> None:
    draws = torch.rand(40, 2, generator=torch.Generator().manual_seed(0)).double()
    made, real = draws[:15], draws[15:]
    found = figures.kernel_distance(judged(made, real))
    assert found == figures.kernel_distance(judged(made, real))
    assert found != figures.kernel_distance(judged(made, real, seed=1))
    assert found.deviation is not None
    assert found.deviation > 0


def test_classes_are_counted_where_they_are_known() -> None:
    high = line(10, 0.0) + torch.tensor([0.9, 0.0])
    both = torch.cat([line(10, 0.01), high])
    assert figures.coverage_of_classes(judged(high, both)) == Figure(0.5)
    assert figures.coverage_of_classes(judged(both, both)) == Figure(1)
    wanted = torch.tensor([1])
    assert figures.coverage_of_classes(judged(high, both, wanted=wanted)) == Figure(1)
    assert figures.coverage_of_classes(judged(high, both, wanted=None)) is None
