"""Optimisers by name."""

from __future__ import annotations

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop


def build_optimiser(
    name: str,
    model: nn.Module,
    *,
    learning_rate: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
) -> Optimizer:
    """An optimiser of the parameters that want a gradient; its state is empty.

    torch's own, in their fused form where they have one: one kernel instead of several for each
    parameter.

    Args:
        name: ``adamw`` (decoupled weight decay, Loshchilov and Hutter 2019), ``adam`` (Kingma and
            Ba 2015), ``sgd`` (momentum without dampening) or ``rmsprop`` (Tieleman and Hinton 2012,
            with torch's decay of 0.99 and no momentum, as in the first Wasserstein GAN).
        model: Frozen parameters are left out.
        learning_rate: Step size.
        momentum: Of ``sgd``.
        weight_decay: For all but ``adamw`` an L2 term in the gradient.
        beta1: Decay of the mean gradient, of ``adam`` and ``adamw``.
        beta2: Decay of the mean squared gradient, of the same.
    """
    parameters = [one for one in model.parameters() if one.requires_grad]
    if name == "sgd":
        return SGD(
            parameters, lr=learning_rate, momentum=momentum, weight_decay=weight_decay, fused=True
        )
    if name == "rmsprop":
        return RMSprop(parameters, lr=learning_rate, weight_decay=weight_decay)
    kind = AdamW if name == "adamw" else Adam
    return kind(
        parameters, lr=learning_rate, betas=(beta1, beta2), weight_decay=weight_decay, fused=True
    )
