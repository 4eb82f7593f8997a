"""Objects in scenes, against plain loops and exact properties."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from xaitool.data.pasting import object_opacity, paste


def scene(count: int, side: int, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


def rectangle(height: int, width: int, top: int, left: int, side: int = 12) -> Tensor:
    opacity = torch.zeros(1, 1, side, side, dtype=torch.bool)
    opacity[..., top : top + height, left : left + width] = True
    return opacity


def picture(text: str) -> Tensor:
    """Rows of a picture, in tenths of brightness."""
    rows = [[int(one) / 10 for one in row] for row in text.split()]
    return torch.tensor(rows)[None, None]


def test_dark_pixels_inside_belong_to_the_object_when_there_are_few():
    ring = picture("00000 09990 09090 09990 00001")
    full = ring[0, 0] > 0.5
    full[2, 2] = True
    assert torch.equal(object_opacity(ring, 0.5, 1 / 25)[0, 0], full)
    assert torch.equal(object_opacity(ring, 0.5, 0)[0, 0], ring[0, 0] > 0.5)
    assert bool(object_opacity(ring, 0.05, 0)[0, 0, 4, 4])


def test_a_gap_to_the_outside_is_no_hole_and_a_large_hole_stays_open():
    open_side = picture("99999 90009 99099")
    assert torch.equal(object_opacity(open_side, 0.5, 1.0), open_side > 0.5)
    large = picture("99999 90009 99999")
    assert torch.equal(object_opacity(large, 0.5, 2 / 15), large > 0.5)
    assert bool(object_opacity(large, 0.5, 3 / 15).all())


def test_holes_of_two_pictures_are_not_one():
    ring = picture("999 909 999")
    both = torch.cat([ring, ring * 0, ring])
    assert object_opacity(both, 0.5, 1 / 9).flatten(1).sum(1).tolist() == [9, 0, 9]


def test_colour_counts_by_its_brightest_channel():
    blue = torch.zeros(1, 3, 2, 2)
    blue[0, 2, 0, 0] = 0.5
    assert object_opacity(blue, 0.4, 0).sum() == 1


def test_at_its_own_size_an_object_is_copied():
    opacity = rectangle(4, 8, 3, 2)
    objects, behind = scene(1, 12, seed=1), scene(1, 16)
    places = torch.tensor([[0.25, 0.5]])
    mixed, mask = paste(behind, objects, opacity, torch.tensor([8 / 16]), places)
    top, left = int(0.25 * (16 - 4)), int(0.5 * (16 - 8))
    expected, where = behind.clone(), torch.zeros(1, 1, 16, 16, dtype=torch.bool)
    expected[..., top : top + 4, left : left + 8] = objects[..., 3:7, 2:10]
    where[..., top : top + 4, left : left + 8] = True
    torch.testing.assert_close(mixed, expected, rtol=0, atol=1e-5)
    # A rounding error in the place may let a neighbour have a millionth of the object.
    assert bool(mask[where].all())
    assert float((mixed - behind)[~where.expand_as(mixed)].abs().max()) < 1e-5


@pytest.mark.parametrize("place", [(0.0, 0.0), (1.0, 1.0), (0.3, 0.8)])
@pytest.mark.parametrize("share", [0.3, 0.77, 1.0])
def test_the_object_has_the_wanted_size_and_place(share: float, place: tuple[float, float]):
    side = 64
    opacity = rectangle(9, 5, 1, 6)
    white = torch.ones(1, 3, 12, 12)
    mixed, mask = paste(
        torch.zeros(1, 3, side, side), white, opacity, torch.tensor([share]), torch.tensor([place])
    )
    height, width = share * side, share * side * 5 / 9
    top, left = place[0] * (side - height), place[1] * (side - width)
    rows, columns = mixed[0, 0].sum(1), mixed[0, 0].sum(0)
    centre = torch.arange(side) + 0.5
    assert float((rows * centre).sum() / rows.sum()) == pytest.approx(top + height / 2, abs=0.6)
    assert float((columns * centre).sum() / columns.sum()) == pytest.approx(
        left + width / 2, abs=0.6
    )
    assert float(mixed[0, 0].sum()) == pytest.approx(height * width, rel=0.15)
    reach = height / 9 + 1  # blending reaches half an object's pixel out
    used = mask[0, 0].nonzero()
    assert used[:, 0].min() >= math.floor(top - reach)
    assert used[:, 1].max() <= math.ceil(left + width + reach)


def test_outside_the_mask_nothing_changes_and_inside_lies_between():
    generator = torch.Generator().manual_seed(3)
    opacity = torch.rand(20, 1, 12, 12, generator=generator) > 0.6
    behind, objects = scene(20, 24), scene(20, 12, seed=5)
    shares = 0.4 + 0.5 * torch.rand(20, generator=generator)
    places = torch.rand(20, 2, generator=generator)
    mixed, mask = paste(behind, objects, opacity, shares, places)
    outside = ~mask.expand_as(mixed)
    assert torch.equal(mixed[outside], behind[outside])
    assert bool((mixed != behind).any(1, keepdim=True)[mask].float().mean() > 0.99)
    assert bool(((mixed >= 0) & (mixed <= 1 + 1e-6)).all())


def test_black_around_the_object_leaves_no_rim():
    opacity = rectangle(6, 6, 3, 3)
    white = opacity.float().expand(-1, 3, -1, -1)
    mixed, _ = paste(
        torch.ones(1, 3, 20, 20), white, opacity, torch.tensor([0.53]), torch.tensor([[0.4, 0.3]])
    )
    torch.testing.assert_close(mixed, torch.ones_like(mixed))


def test_one_equals_many():
    opacity = torch.cat([rectangle(4, 8, 3, 2), rectangle(7, 3, 0, 9)])
    behind, objects = scene(2, 16), scene(2, 12, seed=1)
    shares, places = torch.tensor([0.5, 0.8]), torch.tensor([[0.1, 0.9], [0.5, 0.2]])
    both = paste(behind, objects, opacity, shares, places)
    for row in range(2):
        one = slice(row, row + 1)
        alone = paste(behind[one], objects[one], opacity[one], shares[one], places[one])
        assert torch.equal(alone[0], both[0][one])
        assert torch.equal(alone[1], both[1][one])
