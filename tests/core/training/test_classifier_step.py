"""One classifier step, against the closed form of a linear model."""

from __future__ import annotations

import torch
from torch import nn

from xaitool.core.losses.cross_entropy import CrossEntropy
from xaitool.core.training.classifier_step import classifier_step


def test_a_step_of_a_linear_classifier_is_its_closed_form() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(4, 3, bias=False)
    model = nn.Sequential(nn.Flatten(), layer).double()
    weight = layer.weight.detach().clone()
    images = torch.rand(5, 1, 2, 2, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 1, 0])
    optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
    values = classifier_step(model, CrossEntropy(), optimiser, images, labels)

    flat = images.flatten(1)
    probabilities = (flat @ weight.T).softmax(1)
    one_hot = torch.eye(3, dtype=torch.float64)[labels]
    gradient = (probabilities - one_hot).T @ flat / 5
    torch.testing.assert_close(layer.weight.detach(), weight - 0.5 * gradient)
    torch.testing.assert_close(values["loss"], -(probabilities.log() * one_hot).sum(1).mean())
    assert values["accuracy"] == (probabilities.argmax(1) == labels).float().mean()
