"""The modes in which images pass for DeepLIFT: what operations receive, and their exchange."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from xaitool.core.attribution.engine.linearity import (
    check_call,
    check_indices,
    check_result,
    depends,
)
from xaitool.core.attribution.engine.rescale_rules import Activation, name_of, pairwise, rule_of
from xaitool.core.frozen.sight import computed_once


class _Pairwise(TorchFunctionMode, ABC):
    """Sees every operation, and an extreme of two tensors as one over pairs, which has a rule."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        args, kwargs = _positional(args, kwargs)
        name = name_of(func)
        of_pairs = pairwise(name, args, kwargs)
        if of_pairs:
            with self:
                return of_pairs()
        return self._operate(func, name, args, kwargs)

    @abstractmethod
    def _operate(self, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
        """Call an operation, what it receives being positional."""


class Record(_Pairwise):
    """Keeps what every operation that has a rule receives, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[tuple[str, Tensor]] = []

    def _operate(self, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
        if rule_of(name, args):
            self.received.append((name, args[0].clone()))
        return func(*args, **kwargs)


class Rescale(_Pairwise):
    """Exchanges the gradient of every operation that has a rule, and keeps them in order.

    Args:
        strict: Refuse an operation through which the input acts without autograd's knowledge.
        as_references: What passes are the references.

    Attributes:
        activations: The operations; None where the rule does not hold for a call.
        called: Names of the functions that were left as they are.
    """

    def __init__(self, *, strict: bool, as_references: bool) -> None:
        super().__init__()
        self.activations: list[Activation | None] = []
        self.called: set[str] = set()
        self.strict = strict
        self.as_references = as_references
        self._indices: list[Tensor] = []

    def _operate(self, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
        checked = self.strict and any(map(depends, (*args, *kwargs.values())))
        if checked:
            check_call(name, args, kwargs)
        with computed_once():
            result = self._call(func, name, args, kwargs, checked)
        if self._indices:
            check_indices(name, self._indices, (args, kwargs), result)
        return result

    def _call(self, func: Any, name: str, args: Any, kwargs: dict[str, Any], checked: bool) -> Any:
        if rule_of(name, args):
            activation = self._activation(func, name, args[0], args[1:], kwargs)
            self.activations.append(activation)
            if activation:
                self._indices += activation.indices if self.strict else ()
                return _substitute(activation, args[0])
        call = partial(_out_of_view, func, name) if self.strict else func
        result = call(*args, **kwargs)
        if checked:
            self.called.add(name.strip("_"))
            check_result(name, args, result)
        return result

    def _activation(
        self, func: Any, name: str, source: Tensor, rest: Any, kwargs: dict[str, Any]
    ) -> Activation | None:
        """None where the rule does not hold for this call."""
        rule = rule_of(name, [source])
        if rule is None or not depends(source) or any(map(depends, (*rest, *kwargs.values()))):
            return None
        # Keeps no hold of the source: where it is overwritten, its graph would hold itself.
        activation = rule(
            name,
            lambda x: func(x, *rest, **kwargs),
            source.detach().clone(),
            as_references=self.as_references,
        )
        return activation if activation.fits() else None


class Substituted(torch.autograd.Function):
    """A result that was computed already, with the gradient that a rule says."""

    @staticmethod
    def forward(ctx: Any, source: Tensor, activation: Activation) -> Tensor:
        """What the activation returned."""
        ctx.activation = activation
        return activation.output.detach()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """The multiplier of what it received."""
        return ctx.activation.propagate(gradient), None


def _substitute(activation: Activation, source: Tensor) -> Any:
    result: Tensor = Substituted.apply(source, activation)
    return source.copy_(result) if activation.in_place else activation.in_place_of(result)


def _out_of_view(func: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
    """Call it; what writes into a view is computed first, as the graph would hide its name."""
    twin = getattr(Tensor, name[:-1], None) if name.endswith("_") else None
    if callable(twin) and isinstance(args[0], Tensor) and args[0]._is_view():
        result = twin(*args, **kwargs)
        if result.shape == args[0].shape and result.requires_grad:
            return args[0].copy_(result)
    return func(*args, **kwargs)


def _positional(args: Any, kwargs: dict[str, Any] | None) -> tuple[Any, dict[str, Any]]:
    kwargs = dict(kwargs or {})
    if not args and "input" in kwargs:
        args = (kwargs.pop("input"),)
    return args, kwargs
