"""Distance to the nearest image of each class, against brute force."""

import torch

from tests.core.baselines.labelled_set import LabelledSet, random_set
from xaitool.core.baselines import nearest_target
from xaitool.core.metrics.explanation.nearest_distance import nearest_distances

IMAGES = torch.rand(7, 2, 5, 5, generator=torch.Generator().manual_seed(0))


def test_equals_brute_force_in_any_parts(monkeypatch):
    data = random_set()
    every = (IMAGES[:, None].double() - data.pixels[None]).flatten(2).square().sum(2).sqrt()
    expected = torch.stack([every[:, data.labels == label].amin(1) for label in range(4)], 1)
    for numbers in (1, 150, 2**23):
        monkeypatch.setattr(nearest_target, "NUMBERS_AT_ONCE", numbers)
        found = nearest_distances(IMAGES, data, 4)
        assert found.dtype == torch.float64
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)


def test_an_image_of_the_set_is_at_distance_zero_and_a_missing_class_at_infinity():
    data = LabelledSet(IMAGES, torch.tensor([0, 0, 2, 2, 2, 0, 2]))
    found = nearest_distances(IMAGES, data, 3)
    assert (found.gather(1, data.labels[:, None]) == 0).all()
    assert found[:, 1].isinf().all()
