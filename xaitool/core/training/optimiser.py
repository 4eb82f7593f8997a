"""Optimisers by name."""

from __future__ import annotations

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer


def build_optimiser(
    name: str,
    model: nn.Module,
    *,
    learning_rate: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> Optimizer:
    """An optimiser of the parameters that want a gradient; its state is empty.

    torch's own, in their fused form: one kernel instead of several for each parameter.

    Args:
        name: ``adamw`` (decoupled weight decay, Loshchilov and Hutter 2019), ``adam`` (Kingma and
            Ba 2015) or ``sgd`` (momentum without dampening).
        model: Frozen parameters are left out.
        learning_rate: Step size.
        momentum: Of ``sgd``.
        weight_decay: For ``adam`` and ``sgd`` an L2 term in the gradient.
    """
    parameters = [one for one in model.parameters() if one.requires_grad]
    if name == "sgd":
        return SGD(
            parameters, lr=learning_rate, momentum=momentum, weight_decay=weight_decay, fused=True
        )
    kind = AdamW if name == "adamw" else Adam
    return kind(parameters, lr=learning_rate, weight_decay=weight_decay, fused=True)
