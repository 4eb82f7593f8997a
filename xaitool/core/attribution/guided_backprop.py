"""Guided backpropagation: gradients that pass a ReLU only where they are positive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.engine.linearity import nodes
from xaitool.core.batching import row_chunks
from xaitool.core.frozen.image_convolution import ImageConvolution
from xaitool.core.frozen.sight import scripted_part
from xaitool.core.gradients import gradients, logits_with_graph
from xaitool.core.score import Score
from xaitool.errors import UnsupportedOperationError


class GuidedBackprop(AttributionMethod):
    """Gradient of the score, masked at every ReLU (Springenberg et al. 2015, section 3.4).

    A ReLU passes a gradient back where its input and the gradient are both positive. Values are in
    score units per unit of pixel value; there is no baseline, so `score_baseline` and
    `completeness_gap` are NaN. The result is no gradient of any function and depends little on the
    classifier's later layers (Adebayo et al. 2018): read it as a picture of edges.

    Guided are ReLU and ReLU6, and what computes the same: ``clamp`` with the lower bound 0 and no
    upper one, ``hardtanh`` with the lower bound 0; as modules, functions, methods, in place or
    reused. The paper knows no other activation: leaky ones, GELU, SiLU, softplus keep their plain
    gradient, and a network that has only those its plain saliency.

    Raises:
        UnsupportedOperationError: A ReLU runs out of sight, inside TorchScript, an operation that
            torch computes as one, or a custom autograd function.

    Example:
        A ReLU lets through only what speaks for the class.

        >>> import torch
        >>> from xaitool.core.attribution.guided_backprop import GuidedBackprop
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> relu = torch.nn.ReLU()
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), relu, torch.nn.Linear(48, 10))
        >>> images = torch.rand(2, 3, 4, 4)
        >>> result = GuidedBackprop(model).attribute(images, Score(torch.tensor([3, 5])))
        >>> torch.allclose(result.values.flatten(1), model[2].weight[[3, 5]].clamp(min=0))
        True
    """

    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        scripted = scripted_part(self.model)
        if scripted is not None:
            raise _unseen(f"{scripted} runs inside TorchScript")
        values = torch.empty_like(inputs)
        score_input = inputs.new_empty(len(inputs))
        for chunk in row_chunks(len(inputs), rows, inputs.device):
            points = inputs[chunk].detach().requires_grad_()
            kernels = _Kernels()
            guide = _Guide(kernels)
            with kernels, guide:
                scores = score.select(chunk)(logits_with_graph(self.model, points))
            guide.check(scores)
            (values[chunk],) = gradients(scores.sum(), points)
            score_input[chunk] = scores.detach()
        nothing = torch.full_like(score_input, torch.nan)
        return Attribution(values, score_input, nothing, nothing)


def _unseen(fault: str) -> UnsupportedOperationError:
    return UnsupportedOperationError(
        f"{fault}, where ReLUs are out of sight, but guided backpropagation changes the gradient "
        "of each",
        hint="explain the network that this was made of, or use saliency",
    )


class _Guide(TorchFunctionMode):
    """Drops the negative part of the gradient at the output of every ReLU.

    Args:
        kernels: In force around it; told which ReLUs are seen.
    """

    def __init__(self, kernels: _Kernels) -> None:
        super().__init__()
        self._kernels = kernels
        self._ungraded = False

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if "input" in kwargs:
            args = (kwargs.pop("input"), *args)
        name = getattr(func, "__name__", "").partition(".")[0].strip("_")
        if not _is_relu(name, args[1:], kwargs):
            return func(*args, **kwargs)
        with self._kernels.seen():
            return self._guided(func, args, kwargs)

    def _guided(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        if not torch.is_grad_enabled():
            self._ungraded = True
        if not args[0].requires_grad or not torch.is_grad_enabled():
            return func(*args, **kwargs)
        # On a copy, because what is written into a view hides its place in the graph.
        given = args[0].clone()
        result = func(given, *args[1:], **kwargs)
        result.register_hook(_positive)
        return args[0].copy_(result) if result is given else result

    def check(self, scores: Tensor) -> None:
        """Refuse ReLUs on the way to the scores that were not guided.

        Raises:
            UnsupportedOperationError: There are some.
        """
        if self._kernels.unseen is not None:
            raise _unseen(f"the network runs '{self._kernels.unseen}' inside other code")
        for node in nodes(scores):
            if "DifferentiableGraph" in node.name():
                raise _unseen("the network calls a function that runs inside TorchScript")
            function = getattr(node, "_forward_cls", ImageConvolution)
            if self._ungraded and function is not ImageConvolution:
                raise _unseen(f"the network uses the autograd function {function.__name__}")


class _Kernels(TorchDispatchMode):
    """Names a ReLU that is computed within it though no function of torch was called for it.

    Attributes:
        unseen: Its name; None: there is none.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.unseen: str | None = None
        self._is_seen = False

    @contextmanager
    def seen(self) -> Iterator[None]:
        """Within it, a function was called."""
        before, self._is_seen = self._is_seen, True
        try:
            yield
        finally:
            self._is_seen = before

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = func.__name__.partition(".")[0].strip("_")
        # A clamp inside another operation, such as a distance, is no activation.
        if not self._is_seen and "clamp" not in name and _is_relu(name, args[1:], kwargs):
            self.unseen = name
        with torch._C.DisableTorchFunction():  # it was called already, or by no function
            return func(*args, **kwargs)


def _positive(gradient: Tensor | None) -> Tensor | None:
    return None if gradient is None else gradient.clamp(min=0)  # None: what follows has none


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
