"""The layers of a network whose outputs can be watched: modules, and calls of a program."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.fx import GraphModule, Node
from torch.overrides import TorchFunctionMode

from xaitool.errors import UnknownNameError

_ATEN = torch.ops.aten
_CONVOLUTIONS = frozenset(
    (F.conv2d, _ATEN.conv2d.default, _ATEN.conv2d.padding, _ATEN.convolution.default)
)


class Layer(Protocol):
    """Where outputs are taken."""

    @contextmanager
    def watched(self) -> Iterator[list[Any]]:
        """Outputs of the layer, and of others like it, in the order in which they are made."""

    def select(self, outputs: list[Any]) -> list[Any]:
        """Those of this layer that count: one for each part of a batch that passed."""


@dataclass(frozen=True)
class ModuleLayer:
    """A module of the network; where it runs more than once, its last run counts."""

    module: nn.Module

    @contextmanager
    def watched(self) -> Iterator[list[Any]]:
        """See `Layer`."""
        with _hooked([self.module]) as runs:
            outputs: list[Any] = []
            yield outputs
            outputs += [output for _, output in runs]

    def select(self, outputs: list[Any]) -> list[Any]:
        """See `Layer`."""
        return outputs[-1:]


@dataclass(frozen=True)
class CallLayer:
    """One of the calls of some functions.

    Attributes:
        functions: Them.
        index: Of the call, among those that one batch makes.
        period: How many of them one batch makes; a program may part its batch.
    """

    functions: Collection[Any]
    index: int
    period: int

    @contextmanager
    def watched(self) -> Iterator[list[Any]]:
        """See `Layer`."""
        with _Calls(self.functions) as calls:
            yield calls.outputs

    def select(self, outputs: list[Any]) -> list[Any]:
        """See `Layer`."""
        return outputs[self.index :: self.period] if len(outputs) % self.period == 0 else []


def last_convolution(model: nn.Module, image: Tensor) -> Layer | None:
    """The convolution that runs last of those whose output has more than one position.

    A module where there is one, else a call.

    Args:
        model: From images to logits, guarded, frozen and in eval mode.
        image: One that it takes, ``(1, C, H, W)``.
    """
    modules = [one for one in model.modules() if isinstance(one, nn.Conv2d)]
    with _hooked(modules) as runs, _Calls(_CONVOLUTIONS) as calls, torch.no_grad():
        model(image)
    extended = [module for module, output in runs if _is_extended(output)]
    if extended:
        return ModuleLayer(extended[-1])
    places = [place for place, output in enumerate(calls.outputs) if _is_extended(output)]
    return CallLayer(_CONVOLUTIONS, places[-1], len(calls.outputs)) if places else None


def named_layer(model: nn.Module, name: str) -> Layer:
    """The layer of this name: a module, or of an exported program what was one, else a node.

    A name may leave out its beginning where that is unambiguous.

    Raises:
        UnknownNameError: There is none, or more than one.
    """
    layers: dict[str, Layer] = dict(_program_layers(model))
    layers |= {path: ModuleLayer(module) for path, module in model.named_modules()}
    endings = [path for path in layers if path.endswith(f".{name}")]
    if name in layers:
        return layers[name]
    if len(endings) == 1:
        return layers[endings[0]]
    raise UnknownNameError(
        "layer", name, endings or _convolutions(model), also=", or another with feature maps"
    )


def _convolutions(model: nn.Module) -> list[str]:
    modules = [path for path, one in model.named_modules() if isinstance(one, nn.Conv2d)]
    calls = [path for path, one in _program_layers(model).items() if _is_convolution(one)]
    return modules + calls


def _is_convolution(layer: CallLayer) -> bool:
    return not _CONVOLUTIONS.isdisjoint(layer.functions)


def _is_extended(output: Any) -> bool:
    return isinstance(output, Tensor) and output.ndim == 4 and output.shape[2:].numel() > 1


def _program_layers(model: nn.Module) -> dict[str, CallLayer]:
    """What the graphs of exported programs have kept of the modules that they were made of."""
    layers: dict[str, CallLayer] = {}
    for module in model.modules():
        if isinstance(module, GraphModule):
            calls = [node for node in module.graph.nodes if isinstance(node.target, OpOverload)]
            targets = [node.target for node in calls]
            for place, node in enumerate(calls):
                index, period = targets[:place].count(node.target), targets.count(node.target)
                layer = CallLayer((node.target,), index, period)
                layers |= dict.fromkeys(_left_by(node) or [node.name], layer)
    return layers


def _left_by(node: Node) -> list[str]:
    """The modules whose output a node is: it was made in them, and is used outside of them."""
    users = [_modules_of(user) for user in node.users]
    return [path for path in _modules_of(node) if any(path not in one for one in users)]


def _modules_of(node: Node) -> list[str]:
    stack: dict[str, tuple[str, Any]] = node.meta.get("nn_module_stack") or {}
    return [path for path, _ in stack.values() if path]


class _Calls(TorchFunctionMode):
    """Keeps what some functions return, in order."""

    def __init__(self, functions: Collection[Any]) -> None:
        super().__init__()
        self.functions = functions
        self.outputs: list[Any] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        output = func(*args, **(kwargs or {}))
        if func not in self.functions:
            return output
        self.outputs.append(output)
        return _copied(output)


@contextmanager
def _hooked(modules: Iterable[nn.Module]) -> Iterator[list[tuple[nn.Module, Any]]]:
    """Modules and their outputs in the order in which they are run within this context."""
    runs: list[tuple[nn.Module, Any]] = []

    def keep(module: nn.Module, _: Any, output: Any) -> Any:
        runs.append((module, output))
        return _copied(output)

    handles = [module.register_forward_hook(keep) for module in modules]
    try:
        yield runs
    finally:
        for handle in handles:
            handle.remove()


def _copied(output: Any) -> Any:
    """For those who follow: they may write into it."""
    return output.clone() if isinstance(output, Tensor) else output
