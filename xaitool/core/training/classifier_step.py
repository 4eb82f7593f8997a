"""One optimisation step of a classifier."""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim import Optimizer


def classifier_step(
    model: nn.Module, loss: nn.Module, optimiser: Optimizer, images: Tensor, labels: Tensor
) -> dict[str, Tensor]:
    """Take one step.

    Args:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``, in train mode.
        loss: ``loss(logits, labels) -> scalar``.
        optimiser: Over the model's parameters.
        images: The batch.
        labels: int64 ``(N,)``.

    Returns:
        ``loss`` and ``accuracy`` (in [0, 1], before the step), means over the batch as detached
        scalars on the model's device.
    """
    logits = model(images)
    value = loss(logits, labels)
    optimiser.zero_grad(set_to_none=True)
    value.backward()
    optimiser.step()
    return {
        "loss": value.detach(),
        "accuracy": (logits.detach().argmax(1) == labels).float().mean(),
    }
