"""One optimisation step of a classifier."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


def classifier_step(
    model: nn.Module,
    loss: nn.Module,
    optimiser: Optimizer,
    images: Tensor,
    labels: Tensor,
    adversarial: Tensor | None = None,
) -> dict[str, Tensor]:
    """Take one step.

    Args:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``, in train mode.
        loss: ``loss(logits, labels) -> scalar``.
        optimiser: Over the model's parameters.
        images: The batch.
        labels: int64 ``(N,)``.
        adversarial: Copies of the images with the same labels; the loss is of both together.

    Returns:
        ``loss`` and ``accuracy`` (of the images, in [0, 1], before the step), means over the batch
        as detached scalars on the model's device; ``adversarial_accuracy`` where there are copies.
    """
    if adversarial is not None:
        images, labels = torch.cat([images, adversarial]), torch.cat([labels, labels])
    logits = model(images)
    value = loss(logits, labels)
    optimiser.zero_grad(set_to_none=True)
    value.backward()
    optimiser.step()
    right = (logits.detach().argmax(1) == labels).float()
    if adversarial is None:
        return {"loss": value.detach(), "accuracy": right.mean()}
    clean, attacked = right.chunk(2)
    accuracies = {"accuracy": clean.mean(), "adversarial_accuracy": attacked.mean()}
    return {"loss": value.detach(), **accuracies}
