"""A model that is used and left as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import nn

from xaitool.core.frozen.frozen_network import FrozenNetwork
from xaitool.core.frozen.sight import check_initialised, in_sight
from xaitool.core.frozen.users_model import UsersModel, guarded


@contextlib.contextmanager
def untouched(model: nn.Module) -> Iterator[UsersModel]:
    """Put a model in eval mode with frozen parameters; restore every mode and flag after.

    What is compiled runs as it was written, and what is spread over devices on its own alone.

    Yields:
        The model as it is to be called: it writes into nobody's images.

    Raises:
        ModelError: Parameters of it have no values yet.
    """
    check_initialised(model)
    modes = [(module, getattr(module, "training", None)) for module in model.modules()]
    flags = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    try:
        in_eval_mode(model)
        for parameter, _ in flags:
            parameter.requires_grad_(False)
        with torch.enable_grad(), in_sight(model), FrozenNetwork():
            yield guarded(model)
    finally:
        for module, training in modes:
            if training is None:  # frozen TorchScript has no mode
                vars(module).pop("training", None)
            else:
                module.training = training
        for parameter, requires_grad in flags:
            parameter.requires_grad_(requires_grad)


def in_eval_mode(model: nn.Module) -> nn.Module:
    """The model, put in eval mode; a program that torch.export made stays as it was exported."""
    try:
        return model.eval()
    except NotImplementedError:
        for module in model.modules():
            module.training = False
        return model
