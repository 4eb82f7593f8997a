"""CNN2C beside the paper's table."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from tests.core.models.classifiers.mnist import MNIST, convolutions_then_linear
from xaitool.core.models.classifiers.cnn2c import CNN2C


def test_cnn2c_is_the_papers_table():
    model = CNN2C(**MNIST).double()
    w, b = convolutions_then_linear(model)
    images = torch.rand(3, 1, 28, 28, dtype=torch.float64)
    x = (images - 0.1307) / 0.3081
    x = F.max_pool2d(F.conv2d(x, w[0], b[0]).relu(), 2)
    x = F.max_pool2d(F.conv2d(x, w[1], b[1]).relu(), 2).flatten(1)
    assert x.shape == (3, 800)
    torch.testing.assert_close(model(images), x @ w[2].T + b[2])
