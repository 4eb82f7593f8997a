"""The statistics that a classifier normalises with."""

from __future__ import annotations

import pytest
import torch

from xaitool.data.memory import MemoryDataset
from xaitool.data.statistics import channel_statistics


def dataset(pixels: torch.Tensor) -> MemoryDataset:
    labels = torch.zeros(len(pixels), dtype=torch.int64)
    return MemoryDataset(pixels, labels, ["one"], name="test", split="train")


def random_pixels(count: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, 4, 5), generator=random, dtype=torch.uint8)


def test_they_are_those_of_all_pixels() -> None:
    pixels = random_pixels(1000)
    samples = torch.arange(1, 1000, 3)
    mean, deviation = channel_statistics(dataset(pixels), samples)
    chosen = pixels[samples].double() / 255
    wanted_mean = chosen.mean((0, 2, 3))
    wanted_deviation = chosen.std((0, 2, 3), correction=0)
    torch.testing.assert_close(torch.tensor(mean).double(), wanted_mean, atol=1e-7, rtol=0)
    torch.testing.assert_close(
        torch.tensor(deviation).double(), wanted_deviation, atol=1e-7, rtol=0
    )


def test_flat_images_do_not_divide_by_zero() -> None:
    mean, deviation = channel_statistics(
        dataset(torch.full((3, 1, 2, 2), 51, dtype=torch.uint8)), torch.arange(3)
    )
    assert mean == pytest.approx([0.2])
    assert deviation == [1 / 255]


def test_no_more_are_read_than_said() -> None:
    class Counting(MemoryDataset):
        read = 0

        def images(self, indices: object) -> torch.Tensor:
            found = super().images(indices)  # type: ignore[arg-type]
            self.read += len(found)
            return found

    labels = torch.zeros(199, dtype=torch.int64)
    counting = Counting(random_pixels(199), labels, ["one"], name="test", split="train")
    channel_statistics(counting, torch.arange(199), most=100)
    assert counting.read == 100
