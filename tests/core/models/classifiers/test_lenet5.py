"""LeNet-5 beside its formula."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from tests.core.models.classifiers.mnist import MNIST, convolutions_then_linear
from xaitool.core.models.classifiers.lenet5 import LeNet5


def test_lenet5_is_the_textbook_formula():
    model = LeNet5(**MNIST).double()
    w, b = convolutions_then_linear(model)
    images = torch.rand(3, 1, 28, 28, dtype=torch.float64)
    x = (images - 0.1307) / 0.3081
    x = F.max_pool2d(F.conv2d(x, w[0], b[0], padding=2).relu(), 2)
    x = F.max_pool2d(F.conv2d(x, w[1], b[1]).relu(), 2).flatten(1)
    x = (x @ w[2].T + b[2]).relu()
    x = (x @ w[3].T + b[3]).relu()
    torch.testing.assert_close(model.features(images), x)
    assert x.shape == (3, LeNet5.feature_count)
    torch.testing.assert_close(model(images), x @ w[4].T + b[4])
