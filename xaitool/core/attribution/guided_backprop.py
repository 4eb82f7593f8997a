"""Guided backpropagation: gradients that pass a ReLU only where they are positive."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.saliency import Saliency
from xaitool.core.score import Score


class GuidedBackprop(AttributionMethod):
    """Gradient of the score, masked at every ReLU (Springenberg et al. 2015, section 3.4).

    A ReLU passes a gradient back where its input and the gradient are both positive. Values are in
    score units per unit of pixel value; there is no baseline, so `score_baseline` and
    `completeness_gap` are NaN. The result is no gradient of any function and depends little on the
    classifier's later layers (Adebayo et al. 2018): read it as a picture of edges.

    Guided are ReLU and ReLU6, and what computes the same: ``clamp`` with the lower bound 0 and no
    upper one, ``hardtanh`` with the lower bound 0; as modules, functions, methods, in place or
    reused. The paper knows no other activation: leaky ones, GELU, SiLU, softplus keep their plain
    gradient, and a network that has only those its plain saliency. Activations inside TorchScript
    are out of sight.

    Example:
        Continues that of `AttributionMethod`.

        >>> GuidedBackprop(model).attribute(images, score).values.shape
        torch.Size([2, 3, 8, 8])
    """

    def _attribute(self, inputs: Tensor, score: Score, baselines: Tensor | None) -> Attribution:
        with _Guide():
            return Saliency(self.model, rows=self.rows).attribute(inputs, score)


class _Guide(TorchFunctionMode):
    """Drops the negative part of the gradient at the output of every ReLU."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if "input" in kwargs:
            args = (kwargs.pop("input"), *args)
        name = getattr(func, "__name__", "").partition(".")[0].strip("_")
        if not _is_relu(name, args[1:], kwargs) or not args[0].requires_grad:
            return func(*args, **kwargs)
        # On a copy, because what is written into a view hides its place in the graph.
        given = args[0].clone()
        result = func(given, *args[1:], **kwargs)
        result.register_hook(lambda gradient: gradient.clamp(min=0))
        return args[0].copy_(result) if result is given else result


def _is_relu(name: str, rest: Any, kwargs: dict[str, Any]) -> bool:
    if name in ("relu", "relu6"):
        return True
    if name == "hardtanh":
        return _is_zero(_argument(rest, kwargs, 0, "min_val"))
    if name == "clamp_min":
        return _is_zero(_argument(rest, kwargs, 0, "min"))
    return (
        name in ("clamp", "clip")
        and _is_zero(_argument(rest, kwargs, 0, "min"))
        and _argument(rest, kwargs, 1, "max") is None
    )


def _is_zero(bound: Any) -> bool:
    return isinstance(bound, int | float) and bound == 0


def _argument(rest: Any, kwargs: dict[str, Any], position: int, name: str) -> Any:
    return rest[position] if len(rest) > position else kwargs.get(name)
