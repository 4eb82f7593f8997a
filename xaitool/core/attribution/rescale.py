"""The DeepLIFT engine: multipliers by the rescale rule, on a model exactly as it is.

The reference passes first and leaves what each activation receives; then the input passes, and each
activation's gradient is exchanged for the slope between the two. The exchange happens where torch
dispatches its functions, so that functional activations, reused modules and in-place operations
need nothing. An operation is never treated wrongly in silence: what has no rule must be linear, and
the autograd graph proves it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from xaitool.core.attribution.base import untouched
from xaitool.core.attribution.linearity import (
    check_call,
    check_linear,
    check_result,
    depends,
)
from xaitool.errors import ModelError

Propagate = Callable[[Tensor], Tensor]
Operation = Callable[[Tensor], Any]

UNKNOWN_OPERATIONS = ("error", "gradient")


class Multipliers(NamedTuple):
    """The result of `multipliers` for M pairs.

    Attributes:
        multiplier: Change of the score per change of the input, shape of the inputs.
        score_input: Score at the input, ``(M,)``.
        score_reference: Score at the reference, ``(M,)``.
    """

    multiplier: Tensor
    score_input: Tensor
    score_reference: Tensor


def multipliers(
    model: nn.Module,
    inputs: Tensor,
    references: Tensor,
    score_function: Callable[[Tensor], Tensor],
    *,
    unknown_operations: str = "error",
) -> Multipliers:
    """DeepLIFT's multipliers of each input against its reference, by the rescale rule.

    ``sum(multiplier * (input - reference)) = score_input - score_reference`` to rounding.

    Source: Shrikumar et al. 2017, section 3.5.2. Where an activation's two inputs are equal (and
    only there: no threshold) its derivative is used, or 0 where that is not finite. The paper pairs
    the activations of one network; we let input and reference pass one after the other, not
    concatenated as common libraries do, so that the model sees what it always sees, the batch may
    move to another dimension, and nothing is propagated back for the reference.

    Args:
        model: Explained in eval mode with frozen parameters; left as it was.
        inputs: ``(M, ...)``, floating.
        references: Same shape, one for each input.
        score_function: From the model's output to ``(M,)``.
        unknown_operations: ``error``, or ``gradient`` for the plain gradient at the input of every
            operation that has no rule; the sum is then not kept.

    Returns:
        Detached tensors.

    Raises:
        UnsupportedOperationError: The score depends on the input through an operation that has no
            rule.
        ModelError: No gradient reaches the input.
    """
    strict = unknown_operations == "error"
    with untouched(model), torch.no_grad():
        with _Record() as record:
            score_reference = score_function(model(references.clone()))
        with torch.enable_grad():
            leaf = inputs.detach().requires_grad_()
            with _Rescale(record.points, strict=strict):
                score_input = score_function(model(leaf.clone()))
            if not score_input.requires_grad:
                raise ModelError(
                    f"the score of {type(model).__name__} has no gradient with respect to its "
                    "input, but DeepLIFT needs one"
                )
            if strict:
                check_linear(score_input, allowed=_Substituted.__name__)
            (multiplier,) = torch.autograd.grad(score_input.sum(), leaf)
    return Multipliers(multiplier, score_input.detach(), score_reference)


def _slope(rise: Tensor, run: Tensor, derivative: Tensor) -> Tensor:
    # Where the run is 0 any finite slope keeps the sum; sqrt at 0 has an infinite derivative.
    return torch.where(run == 0, derivative.nan_to_num(0, 0, 0), rise / run)


def _elementwise(operation: Operation, point: Tensor, output: Tensor, other: Tensor) -> Propagate:
    """Rescale rule of a scalar function."""
    (derivative,) = torch.autograd.grad(output, point, torch.ones_like(output))
    with torch.no_grad():
        run = point - other
        multiplier = _slope(output - operation(other), run, derivative)
    return lambda gradient: gradient * multiplier


def _maximum(operation: Operation, point: Tensor, output: Tensor, other: Tensor) -> Propagate:
    """Rescale rule of a maximum over elements.

    With ``m = max(y, y_ref)``, the rise ``m - y_ref`` belongs to the element that is the input's
    maximum, and ``y - m`` to the reference's. A part that is not 0 never meets a difference of 0:
    ``y > y_ref`` implies that the input's largest element is above the reference's value there.
    Torch's own backward finds the elements and adds where windows overlap.
    """
    other.requires_grad_()
    output_other = operation(other)
    change = (output - output_other).detach()
    run = (point - other).detach()

    def propagate(gradient: Tensor) -> Tensor:
        rise = gradient * change.clamp(min=0)
        fall = gradient * change.clamp(max=0)
        (risen,) = torch.autograd.grad(output, point, rise, retain_graph=True)
        (fallen,) = torch.autograd.grad(output_other, other, fall, retain_graph=True)
        (derivative,) = torch.autograd.grad(output, point, gradient, retain_graph=True)
        return _slope(risen + fallen, run, derivative)

    return propagate


_ELEMENTWISE_NAMES = """
    abs absolute acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh ceil
    celu clamp clamp_max clamp_min clip cos cosh elu erf erfc exp exp2 expit expm1 floor frac gelu
    hardshrink hardsigmoid hardswish hardtanh leaky_relu log log10 log1p log2 log_sigmoid logit
    logsigmoid mish nan_to_num pow prelu rdiv reciprocal relu relu6 round rpow rsqrt selu sgn
    sigmoid sign silu sin sinc sinh softplus softshrink softsign special_erf special_erfc
    special_exp2 special_expit special_expm1 special_log1p sqrt square tan tanh tanhshrink
    threshold trunc
"""
_MAXIMUM_NAMES = """
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d amax max_pool1d max_pool2d
    max_pool3d
"""
_RULES = {
    **dict.fromkeys(_ELEMENTWISE_NAMES.split(), _elementwise),
    **dict.fromkeys(_MAXIMUM_NAMES.split(), _maximum),
}

# torch builds these from two functions each, and they share one name.
_DISPATCHED = {
    getattr(F, name): name
    for name in _MAXIMUM_NAMES.split()
    if getattr(getattr(F, name, None), "__name__", name) == "fn"
}


class _Record(TorchFunctionMode):
    """Keeps what every operation that has a rule receives, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.points: deque[tuple[str, Tensor]] = deque()

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        args, kwargs = _positional(args, kwargs)
        name = _name(func).strip("_")
        if name in _RULES and args and isinstance(args[0], Tensor):
            self.points.append((name, args[0].clone()))
        return func(*args, **kwargs)


class _Rescale(TorchFunctionMode):
    """Exchanges the gradient of every operation that has a rule.

    Args:
        points: What those operations received from the reference.
        strict: Refuse an operation through which the input acts without autograd's knowledge.
    """

    def __init__(self, points: deque[tuple[str, Tensor]], *, strict: bool) -> None:
        super().__init__()
        self.points = points
        self.strict = strict

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        args, kwargs = _positional(args, kwargs)
        name = _name(func)
        checked = self.strict and any(map(depends, (*args, *kwargs.values())))
        if checked:
            check_call(name, args, kwargs)
        result = self._call(func, name, args, kwargs)
        if checked:
            check_result(name, args, result)
        return result

    def _call(self, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
        other = self._reference(name.strip("_"), args)
        constant_rest = not any(map(depends, (*args[1:], *kwargs.values())))
        if other is None or not constant_rest or not depends(args[0]):
            call = partial(_out_of_view, func, name) if self.strict else func
            return call(*args, **kwargs)
        rule = _RULES[name.strip("_")]
        return _substitute(rule, lambda x: func(x, *args[1:], **kwargs), args[0], other)

    def _reference(self, name: str, args: Sequence[Any]) -> Tensor | None:
        if name in _RULES and args and isinstance(args[0], Tensor) and self.points:
            recorded, other = self.points[0]
            if recorded == name and other.shape == args[0].shape:
                self.points.popleft()
                return other
        return None


class _Substituted(torch.autograd.Function):
    """A result that was computed already, with the gradient that a rule says."""

    @staticmethod
    def forward(ctx: Any, source: Tensor, result: list[Tensor], propagate: Propagate) -> Tensor:
        ctx.propagate = propagate
        return result.pop()  # in a list, lest autograd takes it for an operand

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return ctx.propagate(gradient), None, None


def _substitute(
    rule: Callable[[Operation, Tensor, Tensor, Tensor], Propagate],
    operation: Operation,
    source: Tensor,
    other: Tensor,
) -> Any:
    with torch.enable_grad():
        point = source.detach().requires_grad_()
        given = point.clone()
        output = operation(given)
        if not isinstance(output, Tensor) or (rule is _elementwise and output.shape != point.shape):
            return operation(source)
        propagate = rule(operation, point, output, other)
    values = output.detach()
    if rule is _maximum:  # its backward needs the values, and the network may overwrite them
        values = values.clone()
    result = _Substituted.apply(source, [values], propagate)
    return source.copy_(result) if output is given else result


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


def _name(function: Any) -> str:
    name: str = getattr(function, "__name__", "")
    if name == "fn":
        return _DISPATCHED.get(function, name)
    if name == "__get__":
        return str(function.__self__.__name__)
    return name.partition(".")[0]
