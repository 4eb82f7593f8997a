"""Optimisers by name."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
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


# What a state has of each parameter; of SGD without momentum there is none.
_STATES: dict[type[Optimizer], tuple[str, ...]] = {
    Adam: ("step", "exp_avg", "exp_avg_sq"),
    AdamW: ("step", "exp_avg", "exp_avg_sq"),
    RMSprop: ("step", "square_avg"),
}


def restore_optimiser(optimiser: Optimizer, saved: dict[str, Any]) -> None:
    """`Optimizer.load_state_dict`, which itself looks at no shape: the next step would fail.

    Args:
        optimiser: Of the same parameters as the one that was saved.
        saved: Its ``state_dict``.

    Raises:
        ValueError: A state is not of the form of its parameter.
        LookupError, TypeError: It is no such state at all.
    """
    parameters = [one for group in optimiser.param_groups for one in group["params"]]
    for index, state in saved["state"].items():
        shapes = [parameters[index].shape, torch.Size()]
        for name in {*_STATES.get(type(optimiser), ()), *state}:
            value = state[name]
            if isinstance(value, Tensor):
                fits = value.shape in shapes and not value.is_complex()
            else:
                fits = value is None or isinstance(value, int | float)
            if not fits:
                raise ValueError(f"{name} of parameter {index} is of another form")
    optimiser.load_state_dict(saved)
