"""The fast gradient of a convolution of images, against torch's own."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from xaitool.core.frozen.frozen_network import FrozenNetwork

GEOMETRIES = [
    {},
    {"stride": 2, "padding": 1},
    {"stride": (1, 3), "padding": (2, 0)},
    {"dilation": 2, "padding": 2},
]


def gradient_and_node(images, convolve):
    leaf = images.clone().requires_grad_()
    output = convolve(leaf)
    weights = torch.linspace(-1, 1, output.numel(), dtype=images.dtype).view_as(output)
    (gradient,) = torch.autograd.grad((output * weights).sum(), leaf)
    return output.detach(), gradient, output.grad_fn.name()


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_equals_torch(geometry, channels, layout):
    torch.manual_seed(0)
    layer = nn.Conv2d(channels, 6, (3, 2), **geometry).double().requires_grad_(False)
    layer.to(memory_format=layout)
    images = torch.rand(2, channels, 9, 8, dtype=torch.float64).to(memory_format=layout)
    output, gradient, _ = gradient_and_node(images, layer)
    with FrozenNetwork():
        fast_output, fast_gradient, node = gradient_and_node(images, layer)
    assert node == "ImageConvolutionBackward"
    assert torch.equal(fast_output, output)
    torch.testing.assert_close(fast_gradient, gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("kernel", [(7, 7), (8, 7), (11, 11)])
@pytest.mark.parametrize("stride", [2, 3, 4])
@pytest.mark.parametrize("padding", [(0, 0), (3, 2)])
@pytest.mark.parametrize("size", [(15, 19), (22, 16)])
def test_large_kernels_that_overlap(kernel, stride, padding, size):
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 5, kernel, stride, padding).double().requires_grad_(False)
    images = torch.rand(2, 3, *size, dtype=torch.float64)
    _, gradient, _ = gradient_and_node(images, layer)
    with FrozenNetwork():
        _, fast_gradient, node = gradient_and_node(images, layer)
    assert node == "ImageConvolutionBackward"
    torch.testing.assert_close(fast_gradient, gradient, rtol=1e-12, atol=1e-14)


def test_knows_every_spelling():
    images = torch.rand(2, 1, 5, 5)
    kernel, bias = torch.rand(3, 1, 2, 2), torch.rand(3)
    with FrozenNetwork():
        for convolve in (
            lambda x: torch.conv2d(x, kernel, bias, 2),
            lambda x: F.conv2d(input=x, weight=kernel, bias=bias, stride=2),
            lambda x: torch.ops.aten.conv2d.default(x, kernel, bias, [2, 2]),
        ):
            output, _, node = gradient_and_node(images, convolve)
            assert node == "ImageConvolutionBackward"
            assert torch.equal(output, F.conv2d(images, kernel, bias, 2))


@pytest.mark.parametrize(
    ("shape", "layer"),
    [
        ((2, 5, 6, 6), nn.Conv2d(5, 3, 3).requires_grad_(False)),
        ((2, 4, 6, 6), nn.Conv2d(4, 4, 3, groups=2).requires_grad_(False)),
        ((2, 1, 6, 6), nn.Conv2d(1, 3, 3, padding="same").requires_grad_(False)),
        ((2, 1, 6, 6), nn.Conv2d(1, 3, 3)),
        ((1, 6, 6), nn.Conv2d(1, 3, 3).requires_grad_(False)),
    ],
)
def test_leaves_the_rest_to_torch(shape, layer):
    with FrozenNetwork():
        _, _, node = gradient_and_node(torch.rand(shape), layer)
    assert "ImageConvolution" not in node


def test_learns_nothing_where_no_gradient_is_needed():
    layer = nn.Conv2d(1, 3, 3).requires_grad_(False)
    with FrozenNetwork():
        assert layer(torch.rand(1, 1, 5, 5)).grad_fn is None
