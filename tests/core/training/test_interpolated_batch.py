"""A batch with its interpolations: which images, how many, and what they do for a classifier."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from xaitool.core.counterfactuals.recolouring import RecolouringPath
from xaitool.core.losses.cross_entropy import CrossEntropy
from xaitool.core.training.classifier_step import classifier_step
from xaitool.core.training.interpolated_batch import interpolated_batch, interpolation_places


def coloured(count: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Images in one of two channels, their labels and colours."""
    random = torch.Generator().manual_seed(seed)
    colours = torch.randint(2, (count,), generator=random)
    images = torch.zeros(count, 3, 2, 2, dtype=torch.float64)
    grey = torch.rand(count, 2, 2, generator=random, dtype=torch.float64)
    images[torch.arange(count), colours] = grey
    return images, torch.arange(count) % 5, colours[:, None]


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_the_images_come_first_and_then_the_ways_of_some(count: int) -> None:
    images, labels, colours = coloured(6)
    rows = torch.tensor([1, 4])
    batch = interpolated_batch(RecolouringPath(), images, labels, colours, 1 - colours, rows, count)
    places = [1.0] if count == 1 else [step / (count - 1) for step in range(count)]
    assert interpolation_places(count).tolist() == pytest.approx(places)
    assert batch.sources.tolist() == [*range(6), *[1] * count, *[4] * count]
    assert batch.labels.tolist() == labels[batch.sources].tolist()
    assert batch.images[:6].equal(images)
    for place, source, image, moved in zip(
        [0.0] * 6 + places * 2, batch.sources, batch.images, batch.moved, strict=True
    ):
        grey, colour = images[source].amax(0), int(colours[source])
        torch.testing.assert_close(image[colour], (1 - place) * grey)
        torch.testing.assert_close(image[1 - colour], place * grey)
        assert moved == (place >= 0.5)


def test_interpolations_in_place_of_their_images() -> None:
    images, labels, colours = coloured(6)
    rows = torch.tensor([1, 4])
    given = (RecolouringPath(), images, labels, colours, 1 - colours, rows, 3)
    beside, instead = interpolated_batch(*given), interpolated_batch(*given, replace=True)
    left = torch.tensor([0, 2, 3, 5, *range(6, 12)])
    assert instead.images.equal(beside.images[left])
    assert instead.labels.equal(beside.labels[left])
    assert instead.sources.equal(beside.sources[left])
    assert instead.moved.equal(beside.moved[left])


def test_without_rows_it_is_the_batch() -> None:
    images, labels, colours = coloured(3)
    nobody = torch.empty(0, dtype=torch.int64)
    batch = interpolated_batch(RecolouringPath(), images, labels, colours, 1 - colours, nobody, 4)
    assert batch.images is images
    assert batch.sources.tolist() == [0, 1, 2]
    assert not batch.moved.any()


def biased(count: int, seed: int, colour_tells: float) -> tuple[Tensor, Tensor, Tensor]:
    """The label is which half is bright, with probability 0.75; the colour is another hint."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(2, (count,), generator=random)
    shapes = labels ^ (torch.rand(count, generator=random) < 0.25).long()
    colours = labels ^ (torch.rand(count, generator=random) > colour_tells).long()
    images = torch.zeros(count, 3, 2, 2, dtype=torch.float64)
    every = torch.arange(count)
    images[every, colours, :, shapes] = 1.0
    return images, labels, colours[:, None]


def accuracy_after(train: tuple[Tensor, Tensor, Tensor], count: int) -> float:
    """Of a linear classifier on images whose colour misleads."""
    images, labels, colours = train
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).double()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    path = RecolouringPath()
    for rows in torch.arange(len(images)).split(50) * 4:
        chosen = torch.arange(len(rows) if count else 0)
        batch = interpolated_batch(
            path, images[rows], labels[rows], colours[rows], 1 - colours[rows], chosen, count
        )
        classifier_step(model, CrossEntropy(), optimiser, batch.images, batch.labels)
    test, wanted, _ = biased(2000, 1, colour_tells=0.1)
    with torch.no_grad():
        return float((model(test).argmax(1) == wanted).double().mean())


def test_with_interpolations_the_shape_is_learnt_and_without_them_the_colour() -> None:
    """By shape 75 % are right, by a colour that tells 90 % in training and misleads then 10 %."""
    train = biased(1000, 0, colour_tells=0.9)
    assert accuracy_after(train, 0) < 0.3
    assert accuracy_after(train, 10) == pytest.approx(0.75, abs=0.03)
