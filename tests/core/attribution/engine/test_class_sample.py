"""How the classes of AGI are chosen."""

import pytest
import torch
from torch import nn

from xaitool.core.attribution.engine.class_sample import choose_classes
from xaitool.core.frozen.users_model import UsersClassifier
from xaitool.errors import ConfigError, ModelError

IMAGES = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(0))
TARGET = torch.tensor([0, 2, 9])


def choose(choice="random", count=20, listed=(), classes=10, target=TARGET, seed=0, images=IMAGES):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, classes))
    return choose_classes(
        model, images, target, choice=choice, count=count, listed=listed, seed=seed
    )


@pytest.mark.parametrize("choice", ["random", "nearest"])
@pytest.mark.parametrize("count", [1, 4, 9, 20])
def test_false_and_distinct(choice, count):
    chosen = choose(choice, count)
    assert chosen.shape == (3, min(count, 9))
    assert chosen.dtype == torch.int64
    for target, row in zip(TARGET.tolist(), chosen.tolist(), strict=True):
        assert set(row) <= set(range(10)) - {target}
        assert len(set(row)) == len(row)


@pytest.mark.parametrize("choice", ["random", "nearest"])
def test_of_two_classes_it_is_the_other_one(choice):
    model = UsersClassifier(nn.Sequential(nn.Flatten(), nn.Linear(16, 1)))
    target = torch.tensor([0, 1, 1])
    chosen = choose_classes(model, IMAGES, target, choice=choice, count=3, listed=(), seed=0)
    assert torch.equal(chosen, 1 - target[:, None])


def test_every_false_class_is_equally_likely():
    images = torch.rand(3000, 1, 1, 1, generator=torch.Generator().manual_seed(1)).expand(
        -1, 1, 4, 4
    )
    chosen = choose(count=2, classes=5, target=torch.full((3000,), 1), images=images)
    counts = chosen.flatten().bincount(minlength=5)
    assert counts[1] == 0
    expected = 6000 / 4
    assert (counts[[0, 2, 3, 4]] - expected).abs().max() < 5 * (expected * 3 / 4) ** 0.5


def test_a_draw_belongs_to_the_sample_and_the_seed():
    straight = choose(count=4)
    order = torch.tensor([2, 0, 1])
    assert torch.equal(choose(count=4, target=TARGET[order], images=IMAGES[order]), straight[order])
    assert not torch.equal(choose(count=4, seed=1), straight)


@pytest.mark.parametrize("count", [1, 3, 5, 20])
def test_evenly_spaced_as_the_authors_range(count):
    expected = list(range(0, 9, max(1, 10 // count)))
    chosen = choose("evenly-spaced", count, target=torch.tensor([8, 2, 9]))
    assert chosen[2].tolist() == expected
    assert chosen[1].tolist() == [-1 if label == 2 else label for label in expected]


def test_the_published_number_of_classes():
    """15 of ImageNet's 1,000 give the authors 16."""
    chosen = choose("evenly-spaced", 15, classes=1000)
    assert chosen[2].tolist() == list(range(0, 991, 66))
    assert chosen.shape == (3, 16)


def test_nearest_first_and_never_the_target():
    weights = torch.tensor([0.0, 1.0, 3.0, 7.0, -2.0])
    layer = nn.Linear(16, 5)
    layer.weight.data[:] = weights[:, None]
    model = nn.Sequential(nn.Flatten(), layer)
    chosen = choose_classes(
        model, IMAGES, torch.tensor([0, 3, 4]), choice="nearest", count=4, listed=(), seed=0
    )
    assert chosen.tolist() == [[1, 4, 2, 3], [2, 1, 0, 4], [0, 1, 2, 3]]


def test_equally_near_classes_come_in_order():
    layer = nn.Linear(16, 6)
    layer.weight.data.fill_(0.1)
    model = nn.Sequential(nn.Flatten(), layer)
    chosen = choose_classes(
        model, IMAGES, torch.tensor([0, 3, 5]), choice="nearest", count=3, listed=(), seed=0
    )
    assert chosen.tolist() == [[1, 2, 3], [0, 1, 2], [0, 1, 2]]


def test_listed_classes_beat_the_choice():
    chosen = choose("nearest", 1, listed=(9, 4))
    assert chosen.tolist() == [[9, 4], [9, 4], [-1, 4]]


def test_no_class_but_the_target():
    with pytest.raises(ConfigError, match="class 9 is the target of an image, but another"):
        choose(listed=(9,))
    with pytest.raises(ConfigError, match="class 0 is the target of an image, but another"):
        choose("evenly-spaced", 1)


def test_a_listed_class_must_exist():
    with pytest.raises(
        ConfigError, match="--class-list has 10, but the model's classes are 0 to 9"
    ):
        choose(listed=(3, 10))


@pytest.mark.parametrize("choice", ["random", "evenly-spaced", "nearest"])
def test_a_single_class(choice):
    with pytest.raises(ModelError, match="single class"):
        choose(choice, classes=1, target=torch.zeros(3, dtype=torch.int64))


@pytest.mark.parametrize("choice", ["random", "evenly-spaced", "nearest"])
def test_two_classes(choice):
    target = torch.tensor([1, 1, 1])
    assert choose(choice, classes=2, target=target).tolist() == [[0], [0], [0]]
