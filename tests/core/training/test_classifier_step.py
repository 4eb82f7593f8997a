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


class Recording(nn.Module):
    """A loss of groups that remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, list[int], list[int]]] = []

    def forward(
        self, logits: torch.Tensor, labels: torch.Tensor, groups: torch.Tensor
    ) -> torch.Tensor:
        self.seen.append((len(logits), labels.tolist(), groups.tolist()))
        return logits.sum()


def test_accuracies_are_of_the_own_images_and_of_the_copies() -> None:
    """Logits are the pixels: of 2 own images and 3 made from them, and of the copies of all."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))
    with torch.no_grad():
        model[1].weight.copy_(torch.eye(2))  # type: ignore[operator]
    first, second = [1.0, 0.0], [0.0, 1.0]
    images = torch.tensor([first, second, second, second, second]).view(5, 1, 1, 2)
    labels = torch.tensor([0, 0, 0, 0, 1])
    optimiser = torch.optim.SGD(model.parameters(), lr=0.0)
    groups = torch.tensor([0, 0, 1, 1, 1])
    loss = Recording()
    values = classifier_step(model, loss, optimiser, images, labels, 1 - images, groups, 2)
    assert values["accuracy"] == 0.5
    assert values["adversarial_accuracy"] == 0.6
    assert loss.seen == [(10, [0, 0, 0, 0, 1] * 2, [0, 0, 1, 1, 1] * 2)]
    assert classifier_step(model, CrossEntropy(), optimiser, images, labels)["accuracy"] == 0.4
