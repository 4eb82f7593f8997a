"""Weights from files: whole, and of the network that they are for, before they take memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.overrides import TorchFunctionMode

from xaitool.errors import ArtifactError

Network = TypeVar("Network", bound=nn.Module)

# What layers make their weights of. Constants that are computed stay numbers that can be read.
_MAKE_WEIGHTS = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn)


def rebuilt(make: Callable[[], Network], weights: Mapping[str, Tensor], where: str) -> Network:
    """A network with weights from a file, made only once `check_weights` let them pass.

    Args:
        make: Makes the network, by what the file says of it.
        weights: Its state dict.
        where: What the file is called in the message.

    Raises:
        ArtifactError: The weights are of another network.
    """
    check_weights(make, weights, where)
    network = make()
    network.load_state_dict(weights)
    return network


def check_weights(make: Callable[[], nn.Module], weights: Mapping[str, Tensor], where: str) -> None:
    """Refuse weights that are not those of a network, which is made without memory to find out.

    What a file says of its network costs nothing to write there: a layer of 10^7 units would take
    all memory before its weights are found to be few.

    Args:
        make: Makes the network; nothing is drawn from torch's global random generator.
        weights: Its state dict.
        where: What holds them.

    Raises:
        ArtifactError: Some are missing, too many, or of another shape or kind of number.
    """
    wanted = outline(make, len(weights), where)
    for name, tensor in wanted.items():
        if name not in weights:
            raise ArtifactError(f"{where} has no weights '{name}', but its network wants them")
        found = weights[name]
        if found.shape != tensor.shape or found.is_floating_point() != tensor.is_floating_point():
            raise ArtifactError(
                f"{where} has weights '{name}' {_form(found)}, but its network wants "
                f"{_form(tensor)}"
            )
    if more := [name for name in weights if name not in wanted]:
        raise ArtifactError(f"{where} has weights '{more[0]}', but its network wants no such")


def check_state(saved: Any, fresh: Any, where: str, name: str = "state") -> None:
    """Refuse the state of a training that is not of the form of a training that begins.

    Keys that only one of them has, and what is empty or None at the beginning, are let be.

    Args:
        saved: From a checkpoint.
        fresh: The same of a training that has not begun.
        where: What holds it.
        name: What it is called in the message.

    Raises:
        ArtifactError: A value is of another type, a tensor of another shape, or a number is NaN,
            infinite, or negative where the fresh one is not.
    """
    if isinstance(fresh, dict) and isinstance(saved, dict):
        for key in fresh.keys() & saved.keys():
            check_state(saved[key], fresh[key], where, f"{name}.{key}")
    elif isinstance(fresh, list | tuple) and isinstance(saved, list | tuple):
        if fresh and len(saved) != len(fresh):
            raise ArtifactError(f"{where} has {len(saved)} '{name}', but {len(fresh)} are wanted")
        for index, (value, other) in enumerate(zip(saved, fresh, strict=False)):
            check_state(value, other, where, f"{name}[{index}]")
    elif not _same_form(saved, fresh):
        raise ArtifactError(
            f"{where} has '{name}' {_form(saved)}, but one of the form {_form(fresh)} is wanted"
        )


def _same_form(saved: Any, fresh: Any) -> bool:
    if isinstance(fresh, Tensor) or isinstance(saved, Tensor):
        both = isinstance(fresh, Tensor) and isinstance(saved, Tensor)
        return both and saved.shape == fresh.shape and saved.dtype.is_complex == fresh.is_complex()
    if fresh is None:
        return not isinstance(saved, dict | list | tuple)
    if isinstance(fresh, bool | str) or isinstance(saved, bool | str):
        return type(saved) is type(fresh)
    if not isinstance(saved, int | float) or not isinstance(fresh, int | float):
        return False
    whole = isinstance(saved, int) or isinstance(fresh, float)
    return whole and math.isfinite(saved) and (saved >= 0 or fresh < 0)


class _Weightless(TorchFunctionMode):
    """New weights have shapes, but no memory."""

    def __torch_function__(
        self, function: Any, types: Any, arguments: Any = (), options: Any = None
    ) -> Any:
        options = dict(options or {})
        if function in _MAKE_WEIGHTS:
            options["device"] = "meta"
        return function(*arguments, **options)


def outline(make: Callable[[], nn.Module], count: int, where: str) -> dict[str, Tensor]:
    """The state dict of a network, its tensors without memory."""
    # Of a new head on a backbone some layers are made and not kept.
    most, made = 2 * count + 100, 0

    def counted(*_: Any) -> None:
        nonlocal made
        made += 1
        if made > most:
            raise ArtifactError(f"{where} has {count} weights, but its network wants many more")

    hook = register_module_parameter_registration_hook(counted)
    try:
        with torch.random.fork_rng(devices=[]), _Weightless():
            return dict(make().state_dict())
    finally:
        hook.remove()


def _form(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, dict | list | tuple):
        return f"of {len(value)} values"
    return repr(value)
