"""GANMEX's MNIST classifier beside the paper's text."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from tests.core.models.classifiers.mnist import MNIST, convolutions_then_linear
from xaitool.core.models.classifiers.ganmex_cnn import GanmexCNN


def test_ganmex_cnn_is_the_papers_text():
    model = GanmexCNN(**MNIST).double().eval()
    w, b = convolutions_then_linear(model)
    images = torch.rand(3, 1, 28, 28, dtype=torch.float64)
    x = (images - 0.1307) / 0.3081
    x = F.conv2d(F.conv2d(x, w[0], b[0], stride=2).relu(), w[1], b[1], stride=2).relu()
    assert x.shape == (3, 64, 4, 4)
    x = (x.flatten(1) @ w[2].T + b[2]).relu()
    torch.testing.assert_close(model(images), x @ w[3].T + b[3])
    assert not torch.equal(model.train()(images), model.train()(images))  # dropout
