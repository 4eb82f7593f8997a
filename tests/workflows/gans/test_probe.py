"""Networks of a GAN that are tried before the long work."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from xaitool.core.frozen.users_model import UsersDiscriminator
from xaitool.errors import ModelError
from xaitool.workflows.gans.probe import (
    check_per_sample,
    check_single,
    probe_discriminator,
    probe_generator,
)

SHAPE = (1, 4, 4)
IMAGES = torch.linspace(-1, 1, 32).view(2, *SHAPE)


class Scaled(nn.Module):
    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def forward(self, images: Tensor) -> Tensor:
        return images * self.by


class Pair(nn.Linear):
    def forward(self, images: Tensor) -> object:  # type: ignore[override]
        return super().forward(images), 3


def drawing(*layers: nn.Module, side: int = 4) -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, side * 4), *layers, nn.Unflatten(1, (1, side, 4)))


def judging(*layers: nn.Module) -> UsersDiscriminator:
    return UsersDiscriminator(nn.Sequential(nn.Flatten(), nn.Linear(16, 1), *layers), "mine:judge")


@pytest.mark.parametrize("training", [True, False])
def test_a_generator_that_fits_is_left_as_it_was(training: bool) -> None:
    generator = drawing(nn.BatchNorm1d(16), nn.Tanh()).train(training)
    before = {name: one.clone() for name, one in generator.state_dict().items()}
    images = probe_generator("mine:draw", generator, SHAPE, 3)
    assert (images.shape, images.requires_grad) == ((2, *SHAPE), False)
    assert generator.training is training
    assert all(torch.equal(one, before[name]) for name, one in generator.state_dict().items())
    assert torch.equal(images, probe_generator("mine:draw", generator, SHAPE, 3))


@pytest.mark.parametrize(
    ("generator", "message"),
    [
        (nn.Tanh(), "mine:draw has no parameter to train, but at least one is wanted"),
        (drawing(nn.Tanh(), side=5), r"returns \(2, 1, 5, 4\) for noise \(2, 3\), but images"),
        (drawing(nn.Tanh(), Scaled(3)), r"returns values from -?[\d.]+ to [\d.]+, but images"),
        (drawing(nn.Sigmoid()), r"ends in a sigmoid, so its images are in \[0, 1\]"),
        (drawing(nn.Tanh(), Scaled(float("nan"))), "returns NaN or infinity"),
        (nn.Linear(5, 16), r"fails on \(2, 3\) \(RuntimeError: .*\), but images"),
        (Pair(3, 16), "returns tuple, but images"),
    ],
)
def test_a_generator_that_does_not_fit(generator: nn.Module, message: str) -> None:
    torch.manual_seed(0)
    with pytest.raises(ModelError, match=message):
        probe_generator("mine:draw", generator, SHAPE, 3)
    assert generator.training


def test_a_discriminator() -> None:
    probe_discriminator("mine:judge", judging(), IMAGES)
    with pytest.raises(
        ModelError, match="ends in a sigmoid, so it returns probabilities"
    ) as caught:
        probe_discriminator("mine:judge", judging(nn.Sigmoid()), IMAGES)
    assert caught.value.hint == "remove the sigmoid: it is part of the objective"
    wide = UsersDiscriminator(nn.Linear(7, 1), "mine:judge")
    with pytest.raises(ModelError, match=r"mine:judge fails on \(2, 1, 4, 4\)"):
        probe_discriminator("mine:judge", wide, IMAGES)
    with pytest.raises(ModelError, match="has no parameter to train"):
        probe_discriminator("mine:judge", UsersDiscriminator(nn.Flatten(), "mine:judge"), IMAGES)


def test_batch_normalisation_mixes_images() -> None:
    check_per_sample("mine:judge", judging(nn.LayerNorm(1), nn.GroupNorm(1, 1)))
    with pytest.raises(ModelError, match="has BatchNorm1d, which mixes the images") as caught:
        check_per_sample("mine:judge", judging(nn.BatchNorm1d(1)))
    assert "layer normalisation" in str(caught.value.hint)


def test_a_step_of_a_single_image() -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).eval()
    before = {name: one.clone() for name, one in network.state_dict().items()}
    with pytest.raises(ModelError, match="fails on a single image in train mode") as caught:
        check_single("mine:draw", network, torch.ones(1, 3))
    assert caught.value.hint == "another --batch-size"
    check_single("mine:draw", network, torch.ones(2, 3))
    assert not network.training
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())
