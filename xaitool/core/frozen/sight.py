"""What keeps the operations of a model out of sight of those who watch torch's functions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.parameter import is_lazy

from xaitool.core.frozen.users_model import bare, class_name
from xaitool.errors import ModelError

# What makes a wrapper for several devices or processes call its module here and now.
_ALONE: dict[type[nn.Module], dict[str, Any]] = {
    nn.DataParallel: {"device_ids": []},
    DistributedDataParallel: {
        "require_backward_grad_sync": False,
        "require_forward_param_sync": False,
    },
}

_WRAPPERS = tuple(_ALONE)


def check_initialised(model: nn.Module) -> None:
    """Refuse a model that has parameters without values.

    Raises:
        ModelError: A lazy module has seen no image yet.
    """
    if any(map(is_lazy, (*model.parameters(), *model.buffers()))):
        named = *bare(model).named_parameters(), *bare(model).named_buffers()
        lazy = [name for name, value in named if is_lazy(value)]
        raise ModelError(
            f"parameter '{lazy[0]}' of {class_name(model)} has no values yet, but a lazy module "
            "gets them from its first batch",
            hint="call the model on some images before it is explained",
        )


@contextmanager
def in_sight(model: nn.Module) -> Iterator[None]:
    """Let compiled code run as it was written, and copies for other devices not at all.

    What is compiled, or runs in another thread, is seen by no mode of torch; and it would be
    compiled anew for every one of them.
    """
    with ExitStack() as stack:
        if "torch._dynamo" in sys.modules:
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        for module in model.modules():
            if isinstance(module, _WRAPPERS):
                kind = next(one for one in _WRAPPERS if isinstance(module, one))
                stack.enter_context(_changed(module, _ALONE[kind]))
        yield


@contextmanager
def _changed(module: nn.Module, attributes: dict[str, Any]) -> Iterator[None]:
    before = {name: getattr(module, name) for name in attributes}
    vars(module).update(attributes)
    try:
        yield
    finally:
        vars(module).update(before)


def scripted_part(model: nn.Module) -> str | None:
    """What of a model runs inside TorchScript, where torch's functions are not seen, in words.

    None: no module of it does. A function that is scripted is not found.
    """
    for name, module in bare(model).named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            return f"the model's module '{name}'" if name else "the model"
    return None


def check_in_sight(model: nn.Module, want: str) -> None:
    """Refuse a model of which not every layer is seen.

    Args:
        model: Its modules are looked at; a function that is scripted is not found.
        want: What needs to see them, and why, in words.

    Raises:
        ModelError: A part of it is scripted or quantised.
    """
    fault = scripted_part(model)
    if fault is not None:
        fault += " runs inside TorchScript"
    for name, module in bare(model).named_modules():
        if fault is None and ".quantized." in type(module).__module__:
            fault = f"the model's module '{name}' is quantised"
    if fault is not None:
        raise ModelError(
            f"{fault}, where layers and weights are not seen, but {want}",
            hint="explain the network that this was made of",
        )


def is_recomputed() -> bool:
    """Whether what is computed now will be computed again on the way back, where no mode sees it.

    So it is in a checkpointed part of a model, which must keep the same tensors both times.
    """
    return torch._C._autograd._top_saved_tensors_default_hooks(True) is not None


@contextmanager
def computed_once() -> Iterator[None]:
    """Keep what autograd needs of what is computed here, though a checkpoint would drop it."""
    if not is_recomputed():
        yield
        return
    with torch.autograd.graph.saved_tensors_hooks(_itself, _itself):
        yield


def _itself(tensor: Tensor) -> Tensor:
    return tensor
