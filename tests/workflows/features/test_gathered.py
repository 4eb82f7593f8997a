"""What is gathered of images, beside the same of all of them at once."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from xaitool.workflows.features.gathered import GatheredFeatures


class Halves:
    """Features are the pixels; class 1 of 3 is what is brighter than a half on average."""

    def __init__(self, named: bool = True) -> None:
        self.named = named

    def both(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        bright = images.flatten(1).mean(1) - 0.5
        logits = torch.stack([-bright, bright, torch.full_like(bright, -9)], 1)
        return images.flatten(1), logits if self.named else None


IMAGES = torch.rand(
    11, 2, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64
) * torch.linspace(0.5, 1.5, 11).view(-1, 1, 1, 1)


def gathered(size: int, named: bool = True) -> GatheredFeatures:
    network: Any = Halves(named)
    found = GatheredFeatures()
    for part in IMAGES.split(size):
        found.update(network, part)
    return found


@pytest.mark.parametrize("size", [1, 4, 11])
def test_batches_change_nothing(size: int) -> None:
    found, flat = gathered(size), IMAGES.flatten(1)
    assert torch.equal(found.features, flat)
    torch.testing.assert_close(found.statistics.mean, flat.mean(0))
    torch.testing.assert_close(found.statistics.covariance, flat.T.cov())
    assert found.pixels.mean_deviation == pytest.approx(flat.std(0).mean().item())
    bright = int((flat.mean(1) > 0.5).sum())
    assert 0 < bright < 11
    assert found.class_counts is not None
    assert found.class_counts.tolist() == [11 - bright, bright, 0]


@pytest.mark.parametrize("named", [True, False])
def test_the_way_back(named: bool) -> None:
    whole = gathered(4, named)
    again = GatheredFeatures.from_dict(whole.to_dict())
    assert torch.equal(again.features, whole.features)
    assert torch.equal(again.statistics.covariance, whole.statistics.covariance)
    assert again.pixels.mean_deviation == whole.pixels.mean_deviation
    assert (again.class_counts is None) == (not named)
    # It goes on as if it had never been saved.
    network: Any = Halves(named)
    for one in (whole, again):
        one.update(network, IMAGES[:3])
    assert torch.equal(again.statistics.mean, whole.statistics.mean)
    assert len(again.features) == 14
    if whole.class_counts is not None and again.class_counts is not None:
        assert again.class_counts.tolist() == whole.class_counts.tolist()


def test_another_state_is_refused() -> None:
    with pytest.raises(KeyError, match="features"):
        GatheredFeatures.from_dict({"other": torch.zeros(1)})
