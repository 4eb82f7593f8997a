"""Batch normalisation by fixed statistics as a scale and a shift, against torch's own."""

import pytest
import torch
from torch import nn

from xaitool.core.frozen.frozen_network import FrozenNetwork
from xaitool.core.frozen.untouched import untouched


def trained(layer):
    torch.manual_seed(0)
    for value in (*layer.parameters(), *layer.buffers()):
        if value.is_floating_point():
            nn.init.uniform_(value, 0.5, 2)
    return layer.double().eval()


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.BatchNorm1d(3), (4, 3)),
        (nn.BatchNorm1d(3), (4, 3, 5)),
        (nn.BatchNorm2d(3, eps=0.1), (4, 3, 5, 6)),
        (nn.BatchNorm2d(3, affine=False), (4, 3, 5, 6)),
        (nn.BatchNorm3d(3), (2, 3, 2, 3, 4)),
    ],
)
def test_equals_torch(layer, shape):
    layer = trained(layer).requires_grad_(False)
    images = torch.rand(shape, dtype=torch.float64, requires_grad=True)
    weights = torch.linspace(-1, 1, images.numel(), dtype=torch.float64).view(shape)
    wanted = layer(images)
    with FrozenNetwork():
        found = layer(images)
    assert found.grad_fn.name() == "AddcmulBackward0"
    torch.testing.assert_close(found, wanted, rtol=1e-13, atol=1e-14)
    gradients = [torch.autograd.grad((one * weights).sum(), images)[0] for one in (found, wanted)]
    torch.testing.assert_close(*gradients, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    "layer",
    [
        nn.BatchNorm2d(3).train(),
        nn.BatchNorm2d(3, track_running_stats=False).eval().requires_grad_(False),
        nn.BatchNorm2d(3).eval(),  # its parameters want gradients
    ],
)
def test_leaves_the_rest_to_torch(layer):
    images = torch.rand(2, 3, 4, 4, requires_grad=True)
    with FrozenNetwork():
        assert "BatchNorm" in layer(images).grad_fn.name()


@pytest.mark.parametrize("layer", [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(3)])
def test_under_autocast_all_is_torchs_own(layer):
    images = torch.rand(2, 3, 4, 4, requires_grad=True)
    layer = layer.eval().requires_grad_(False)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        wanted = layer(images)
        with FrozenNetwork():
            found = layer(images)
    assert found.grad_fn.name() == wanted.grad_fn.name()
    assert torch.equal(found, wanted)
    assert found.dtype == wanted.dtype


def test_it_is_at_work_on_every_explained_network():
    layer = nn.BatchNorm2d(3)
    with untouched(layer):
        found = layer(torch.rand(2, 3, 4, 4, requires_grad=True))
    assert found.grad_fn.name() == "AddcmulBackward0"
