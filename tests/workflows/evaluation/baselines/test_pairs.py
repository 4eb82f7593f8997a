"""Images paired with classes that they are not of."""

import torch

from xaitool.workflows.evaluation.baselines.pairs import drawn_pairs, every_pair, some_of

PLACES = torch.tensor([3, 8, 2, 40])
LABELS = torch.tensor([0, 2, 1, 2])


def test_every_image_meets_every_other_class_once():
    pairs = every_pair(PLACES, LABELS, 3)
    assert pairs.images.tolist() == [3, 3, 8, 8, 2, 2, 40, 40]
    assert pairs.targets.tolist() == [1, 2, 0, 1, 0, 2, 0, 1]
    assert (pairs.labels != pairs.targets).all()


def test_one_other_class_is_drawn_evenly_from_seed_and_place_alone():
    places, labels = torch.arange(3000), torch.arange(3000) % 5
    pairs = drawn_pairs(places, labels, 5, seed=0)
    assert (pairs.targets != labels).all()
    counts = torch.bincount(labels * 5 + pairs.targets, minlength=25).view(5, 5)
    assert (counts + 150 * torch.eye(5) - 150).abs().max() < 50
    order = torch.randperm(3000, generator=torch.Generator().manual_seed(0))[:100]
    some = drawn_pairs(places[order], labels[order], 5, seed=0)
    assert torch.equal(some.targets, pairs.targets[order])
    assert not torch.equal(drawn_pairs(places, labels, 5, seed=1).targets, pairs.targets)


def test_some_of_many():
    assert some_of(100, 7, 0, "a").sum() == 7
    assert some_of(5, 7, 0, "a").all()
    assert torch.equal(some_of(100, 7, 0, "a"), some_of(100, 7, 0, "a"))
    assert not torch.equal(some_of(100, 7, 0, "a"), some_of(100, 7, 1, "a"))
