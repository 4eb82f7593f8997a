"""The rescale rule of each operation that has one, and which operations have one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Operation = Callable[[Tensor], Any]

# How many units in the last place count as rounding.
ROUNDING = 8


class Activation(ABC):
    """An operation that has a rule, with what it received and returned when images passed.

    Args:
        name: The operation's name.
        operation: Calls it as the network did.
        point: What it received; nobody else may write it.
        as_references: The images are the references, and what they are compared with the inputs.

    Attributes:
        output: What it returned; of several tensors the first.
        indices: The others, which say where in what was received the output was found.
        in_place: Whether it did so by overwriting what it received.
    """

    output: Tensor
    indices: tuple[Tensor, ...]
    in_place: bool

    def __init__(
        self, name: str, operation: Operation, point: Tensor, *, as_references: bool
    ) -> None:
        self.name = name
        self.operation = operation
        self.point = point.requires_grad_()
        self.as_references = as_references
        self.other: Tensor | None = None
        self._compute()

    @torch.enable_grad()
    def _compute(self) -> None:
        given = self.point.clone()
        returned = self.operation(given)
        self._kind = type(returned)
        self.output = _first(returned)
        self.indices = tuple(returned[1:]) if isinstance(returned, tuple) else ()
        self.in_place = self.output is given
        self._version = getattr(self.output, "_version", 0)

    def fits(self) -> bool:
        """Whether the rule is made for what was returned."""
        return isinstance(self.output, Tensor) and not any(
            one.is_floating_point() for one in self.indices
        )

    def in_place_of(self, output: Tensor) -> Any:
        """What the operation returned, with another output."""
        return self._kind((output, *self.indices)) if self.indices else output

    def meet(self, name: str, received: Tensor, count: int) -> bool:
        """Take what an operation of the model received when others passed.

        Args:
            name: That operation's name.
            received: What it received.
            count: How many passed; each stands for an equal number of images in a row.

        Returns:
            Whether what it received can be compared with what this one did.
        """
        here, there = self.point.shape, received.shape
        self.other = None
        if name != self.name or len(here) != len(there):
            return False
        unlike = [one for one in range(len(here)) if here[one] != there[one]]
        if len(unlike) > 1:
            return False
        for dimension in unlike:
            if there[dimension] != count:
                return False
            if count > 1:  # one alone is broadcast
                received = received.repeat_interleave(here[dimension] // count, dimension)
        self.other = received
        return True

    def propagate(self, gradient: Tensor) -> Tensor:
        """The multiplier of what was received, from that of what was returned."""
        if self._version != self.output._version:  # the network has overwritten it
            self._compute()
        if self.other is None:
            return self._gradient(gradient)
        return self._rescaled(gradient, self.other)

    @abstractmethod
    def _gradient(self, gradient: Tensor) -> Tensor: ...

    @abstractmethod
    def _rescaled(self, gradient: Tensor, other: Tensor) -> Tensor: ...


class Elementwise(Activation):
    """A scalar function of every element."""

    def fits(self) -> bool:
        """Whether the rule is made for what was returned."""
        return super().fits() and self.output.shape == self.point.shape

    def _compute(self) -> None:
        super()._compute()
        self._slope: Tensor | None = None
        if self.fits():
            self.output = self.output.detach()  # and with it what its graph has kept

    @property
    def _derivative(self) -> Tensor:
        if self._slope is None:
            with torch.enable_grad():
                output = self.operation(self.point.clone())
            slope = _pulled_back(output, self.point, torch.ones_like(output))
            self._slope = slope.nan_to_num(0, 0, 0)  # sqrt at 0 has an infinite one
        return self._slope

    def _gradient(self, gradient: Tensor) -> Tensor:
        return gradient * self._derivative

    def _rescaled(self, gradient: Tensor, other: Tensor) -> Tensor:
        run = self.point.detach() - other
        slope = (self.output - self.operation(other)).div_(run)
        # A run that is mere rounding, relative to what it is a difference of, has no slope; the
        # derivative keeps the sum as well.
        rounding = other.abs().mul_(ROUNDING * torch.finfo(run.dtype).eps)
        near = run.abs_() <= rounding
        return torch.where(near, self._derivative, slope, out=slope).mul_(gradient)


class Ramp(Elementwise):
    """A slope below 0 and slope 1 above: ReLU and leaky ReLU.

    With the slope b below, ``f(x) = ((1 + b) x + (1 - b) |x|) / 2``, so that the slope between two
    points is ``((1 + b) + (1 - b) (|x| - |y|) / (x - y)) / 2``. Of equal signs the quotient is
    exactly 1 or -1 in floating point too, of unequal ones it is well conditioned: no comparison is
    needed, which on a CPU costs more than all of this. Only where x equals y it is NaN.

    Attributes:
        quick: Whether NaN is left where two points are equal, for those who look for it afterwards.
    """

    quick = False

    def _compute(self) -> None:
        super()._compute()
        self._magnitude: Tensor | None = None

    def _rescaled(self, gradient: Tensor, other: Tensor) -> Tensor:
        if not self.quick:
            return super()._rescaled(gradient, other)
        point = self.point.detach()
        if self._magnitude is None:
            below = -float(self.operation(torch.tensor([-1.0], dtype=point.dtype)))
            self._magnitude = point.abs()
            self._middle, self._half = point.new_tensor((1 + below) / 2), (1 - below) / 2
        rise = self._magnitude - other.abs()
        run = point - other
        return torch.addcdiv(self._middle, rise, run, value=self._half, out=rise).mul_(gradient)


class MaximumRule(Activation):
    """A maximum over elements of an image, with or without their indices.

    With ``m = max(y, y_other)``, the rise ``m - y_other`` belongs to the element that is the
    images' maximum, and ``y - m`` to the others'. A part that is not 0 never meets a difference of
    0: ``y > y_other`` implies that the images' largest element is above the others' value there.
    Torch's own backward finds the elements and adds where windows overlap. Where two elements are
    equal, the derivative is the one at the inputs.
    """

    def fits(self) -> bool:
        """Whether the rule is made for what was returned; not for one number of all images."""
        return super().fits() and self.output.ndim > 0

    def _gradient(self, gradient: Tensor) -> Tensor:
        return _pulled_back(self.output, self.point, gradient)

    def _rescaled(self, gradient: Tensor, other: Tensor) -> Tensor:
        run = self.point.detach() - other
        with torch.enable_grad():
            there = other.expand_as(self.point).detach().requires_grad_()
            output_there = _first(self.operation(there))
        change = (self.output - output_there).detach()
        own, others = self._parted(change)
        share = _pulled_back(self.output, self.point, gradient * own)
        share += _pulled_back(output_there, there, gradient * others)
        if self.as_references:
            derivative = _pulled_back(output_there, there, gradient)
        else:
            derivative = self._gradient(gradient)
        # Where the run is 0 any finite slope keeps the sum.
        return torch.where(run == 0, derivative, share.div_(run))

    def _parted(self, change: Tensor) -> tuple[Tensor, Tensor]:
        """The parts of the images' extreme element and of the others'."""
        return change.clamp(min=0), change.clamp(max=0)


class MinimumRule(MaximumRule):
    """A minimum over elements: the maximum's rule with both ends exchanged."""

    def _parted(self, change: Tensor) -> tuple[Tensor, Tensor]:
        return change.clamp(max=0), change.clamp(min=0)


def _first(returned: Any) -> Any:
    return returned[0] if isinstance(returned, tuple) and returned else returned


def _pulled_back(output: Tensor, point: Tensor, gradient: Tensor) -> Tensor:
    (result,) = torch.autograd.grad(output, point, gradient, retain_graph=True)
    return result


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
    adaptive_max_pool1d adaptive_max_pool1d_with_indices adaptive_max_pool2d
    adaptive_max_pool2d_with_indices adaptive_max_pool3d adaptive_max_pool3d_with_indices amax max
    max_pool1d max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d
    max_pool3d_with_indices
"""
_RULES: dict[str, type[Activation]] = {
    **dict.fromkeys(_ELEMENTWISE_NAMES.split(), Elementwise),
    **dict.fromkeys(_MAXIMUM_NAMES.split(), MaximumRule),
    **dict.fromkeys(("amin", "min"), MinimumRule),
    **dict.fromkeys(("relu", "leaky_relu"), Ramp),
}

# Of two tensors: the extreme of the pairs of their elements.
_PAIRWISE = {"max": "amax", "maximum": "amax", "min": "amin", "minimum": "amin"}

# torch builds these from two functions each, and they share one name.
_DISPATCHED = {
    getattr(F, name): name
    for name in _MAXIMUM_NAMES.split()
    if getattr(getattr(F, name, None), "__name__", name) == "fn"
}


def rule_of(name: str, args: Sequence[Any]) -> type[Activation] | None:
    """The rule of a call to the function `name`, or None."""
    return _RULES.get(name.strip("_")) if args and isinstance(args[0], Tensor) else None


def pairwise(name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Callable[[], Tensor] | None:
    """A call that takes an extreme of two tensors, as one over pairs, which has a rule; or None."""
    tensors = [*args, *kwargs.values()]
    if name not in _PAIRWISE or len(tensors) != 2 or "out" in kwargs:
        return None
    if not all(isinstance(one, Tensor) for one in tensors):
        return None

    def call() -> Tensor:
        dtype = torch.result_type(*tensors)
        pairs = torch.stack(torch.broadcast_tensors(*(one.to(dtype) for one in tensors)), -1)
        result: Tensor = getattr(torch, _PAIRWISE[name])(pairs, -1)
        return result

    return call


def name_of(function: Any) -> str:
    """The name by which a function that torch dispatches is known here."""
    name: str = getattr(function, "__name__", "")
    if name == "fn":
        return _DISPATCHED.get(function, name)
    if name == "__get__":
        return str(function.__self__.__name__)
    return name.partition(".")[0]
