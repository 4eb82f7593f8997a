"""Random numbers that belong to a sample, not to its place in a batch."""

from __future__ import annotations

import torch

from xaitool.core.attacks.engine.draws import Draws

IMAGES = torch.arange(12.0).view(3, 1, 2, 2) / 12


def test_a_samples_stream_is_its_own() -> None:
    everyone = torch.arange(3)
    whole = Draws(IMAGES, 0, "purpose")
    first, second = whole.uniform(everyone, (4,)), whole.uniform(everyone, (4,))
    apart = Draws(IMAGES[[2, 0]], 0, "purpose")
    assert apart.uniform(torch.tensor([1]), (4,)).equal(first[:1])
    # The other has drawn nothing yet: what one sample takes is not missing from another's.
    assert apart.uniform(torch.tensor([1, 0]), (4,)).equal(torch.stack([second[0], first[2]]))


def test_other_keys_are_other_numbers() -> None:
    row = torch.tensor([1])
    seen = [Draws(IMAGES, *keys).uniform(row, (5,)) for keys in ((0, "a"), (0, "b"), (1, "a"))]
    assert not seen[0].equal(seen[1])
    assert not seen[0].equal(seen[2])


def test_uniform_numbers_are_the_same_in_any_precision() -> None:
    row = torch.arange(3)
    double = Draws(IMAGES.double(), 7).uniform(row, (2, 50))
    single = Draws(IMAGES, 7).uniform(row, (2, 50))
    assert double.dtype == torch.float64
    assert double.shape == (3, 2, 50)
    assert single.equal(double.float())
    assert 0 <= double.min() < 0.05
    assert 0.95 < double.max() < 1


def test_signs_are_as_often_minus_as_plus() -> None:
    signs = Draws(IMAGES, 7).signs(torch.tensor([0, 2]), (500, 2))
    assert signs.shape == (2, 500, 2)
    assert signs.unique().tolist() == [-1, 1]
    # Five standard deviations of a mean of 1,000 fair signs.
    assert signs.mean((1, 2)).abs().max() < 5 / 1000**0.5
