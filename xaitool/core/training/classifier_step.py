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
    groups: Tensor | None = None,
    originals: int | None = None,
) -> dict[str, Tensor]:
    """Take one step.

    Args:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``, in train mode.
        loss: ``loss(logits, labels) -> scalar``, or ``loss(logits, labels, groups)`` where there
            are groups.
        optimiser: Over the model's parameters.
        images: The batch.
        labels: int64 ``(N,)``.
        adversarial: Copies of the images with the same labels and groups; the loss is of both
            together.
        groups: The group of each image, int64 ``(N,)`` on the CPU, for a `GroupLoss`.
        originals: How many images, the first ones, are the training set's own, and not made
            from them; None: all.

    Returns:
        ``loss`` and ``accuracy`` (of the first `originals` images, in [0, 1], before the step),
        means over the batch as detached scalars on the model's device; ``adversarial_accuracy``
        where there are copies.
    """
    clean = len(images)
    if adversarial is not None:
        images, labels = torch.cat([images, adversarial]), torch.cat([labels, labels])
        groups = None if groups is None else torch.cat([groups, groups])
    logits = model(images)
    value = loss(logits, labels) if groups is None else loss(logits, labels, groups)
    optimiser.zero_grad(set_to_none=True)
    value.backward()
    optimiser.step()
    right = (logits.detach().argmax(1) == labels).float()
    values = {
        "loss": value.detach(),
        "accuracy": right[: clean if originals is None else originals].mean(),
    }
    if adversarial is not None:
        values["adversarial_accuracy"] = right[clean:].mean()
    return values
