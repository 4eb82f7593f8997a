"""Paths behind a linear first layer, against the same paths among the pixels."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from xaitool.core.attribution.engine.linear_stem import LinearStem, Pixels, path_space
from xaitool.core.frozen.untouched import untouched
from xaitool.core.models.normalise import Normalise
from xaitool.core.score import Score

SCORE = Score(torch.tensor([1, 0, 2]))


def images(count=3):
    return torch.rand(
        count, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )


class Network(nn.Module):
    """A small network, with something done to the image before its first layer."""

    def __init__(self, before=lambda x: x, around=lambda x: 0.0, first=None):
        super().__init__()
        torch.manual_seed(0)
        self.before, self.around = before, around
        self.first = first or nn.Conv2d(3, 6, 3)
        self.rest = nn.Sequential(nn.Softplus(), nn.Conv2d(6, 4, 3), nn.Tanh(), nn.Flatten())
        self.last = nn.LazyLinear(3)
        self.double()
        self(images())

    def forward(self, x):
        logits = self.last(self.rest(self.first(self.before(x))))
        return logits + self.around(x)


LINEAR: dict[str, Any] = {
    "plain": {},
    "normalised": {"before": Normalise([0.4, 0.5, 0.6], [0.2, 0.3, 0.4]).double()},
    "resized": {"before": lambda x: F.interpolate(x, 12, mode="bilinear")},
    "clamped to what it is anyway": {"before": lambda x: x.clamp(0, 1)},
    "in place": {"before": lambda x: x.mul_(2)},
}
OTHERS: dict[str, Any] = {
    "squared": {"before": lambda x: x**2},
    "standardised": {
        "before": lambda x: (x - x.mean((1, 2, 3), keepdim=True)) / x.std((1, 2, 3), keepdim=True)
    },
    "scaled by the batch": {"before": lambda x: x / x.max()},
    "seen twice": {"around": lambda x: x.mean((1, 2, 3))[:, None]},
    "no layer": {"first": nn.MaxPool2d(1), "before": lambda x: torch.cat([x, x], 1)},
}


@pytest.mark.parametrize("form", LINEAR)
def test_a_linear_first_layer_is_found(form):
    network = Network(**LINEAR[form])
    with untouched(network):
        assert isinstance(path_space(network, images(1), 8), LinearStem)


@pytest.mark.parametrize("form", OTHERS)
def test_what_is_not_linear_or_not_all_stays_among_the_pixels(form):
    network = Network(**OTHERS[form])
    with untouched(network):
        assert isinstance(path_space(network, images(1), 8), Pixels)


def test_a_model_that_parts_its_batch_stays_among_the_pixels():
    class Parted(Network):
        def forward(self, x):
            return torch.cat([super(Parted, self).forward(part) for part in x.split(4)])

    network, points = Parted(), 6
    with untouched(network):
        assert isinstance(path_space(network, images(1), 4), LinearStem)
        assert isinstance(path_space(network, images(1), points), Pixels)


def test_under_autocast_paths_stay_among_the_pixels():
    class Coarse(Network):
        def forward(self, x):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                return super().forward(x)

    with untouched(Coarse().float()) as network:
        assert isinstance(path_space(network, images(1).float(), 4), Pixels)
