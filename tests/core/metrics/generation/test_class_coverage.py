import math

import pytest
import torch

from xaitool.core.metrics.generation.class_coverage import class_coverage
from xaitool.errors import ShapeError


def covered(generated, real, wanted=None):
    chosen = range(len(real)) if wanted is None else wanted
    return class_coverage(torch.tensor(generated), torch.tensor(real), torch.tensor(list(chosen)))


@pytest.mark.parametrize(
    ("generated", "wanted"),
    [
        ([25, 25, 25, 25], 1),
        ([97, 1, 1, 1], 1 / 4),
        ([92, 3, 3, 2], 3 / 4),
        ([100, 0, 0, 0], 1 / 4),
    ],
)
def test_a_tenth_of_the_real_share_is_enough(generated, wanted):
    assert covered(generated, [250, 250, 250, 250]) == wanted


def test_the_boundary_counts():
    # A tenth of a half, exactly.
    assert covered([19, 1], [500, 500]) == 1
    assert covered([20, 1], [500, 500]) == 0.5


def test_rare_classes_need_few():
    assert covered([990, 10], [900, 100]) == 1
    assert covered([991, 9], [900, 100]) == 0.5


def test_only_the_wanted_classes_count():
    assert covered([0, 7, 93], [5, 900, 5], wanted=[1]) == 0
    assert covered([0, 70, 30], [5, 900, 5], wanted=[1]) == 1


def test_a_class_that_the_classifier_never_sees_is_left_out():
    assert covered([50, 50, 0], [50, 50, 0]) == 1
    assert math.isnan(covered([1, 2], [0, 5], wanted=[0]))


def test_it_does_not_depend_on_the_number_of_samples():
    few = covered([30, 5, 0, 65], [10, 20, 30, 40])
    assert few == covered([3000, 500, 0, 6500], [100, 200, 300, 400]) == 0.75


def test_wrong_counts_are_refused():
    with pytest.raises(ShapeError, match=r"\(2,\) and \(3,\)"):
        covered([1, 2], [1, 2, 3])
    with pytest.raises(ShapeError, match="0 images"):
        covered([0, 0], [1, 2])
