"""Gradients through a model that somebody else wrote, or one line that says why there are none."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import CheckpointError

from xaitool.core.frozen.users_model import class_name, guarded
from xaitool.core.score import Score
from xaitool.errors import ModelError

_NO_KERNEL = ".*an autograd kernel was not registered"
# Of what torch raises where a graph has no gradient, a part that does not change.
_REFUSALS = (
    "is not implemented",
    "not have been used in the graph",
    "modified by an inplace operation",
)
_OTHERS = "occlusion needs no gradient; of a model that was quantised explain the original"


def gradients(
    outputs: Tensor,
    inputs: Tensor | Sequence[Tensor],
    upstream: Tensor | None = None,
    *,
    retain_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor, ...]:
    """``torch.autograd.grad``, which refuses what has no gradient.

    Torch itself takes the gradient of an operation without one, such as a quantised layer's, for
    zero, and only warns.

    Args:
        outputs: A scalar, or any shape with `upstream`.
        inputs: What the gradients are taken at.
        upstream: The gradient at `outputs`, same shape.
        retain_graph: Whether the graph is used again.
        allow_unused: Whether an input may be without effect: its gradient is then None.

    Raises:
        ModelError: The graph between them has no gradient.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", _NO_KERNEL)
            return torch.autograd.grad(
                outputs, inputs, upstream, retain_graph=retain_graph, allow_unused=allow_unused
            )
    except (RuntimeError, UserWarning) as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(error: Exception) -> ModelError | None:
    text = " ".join(str(error).split())
    if "use_reentrant=True" in text:
        return ModelError(
            "the model uses reentrant checkpointing, whose gradient torch computes for parameters "
            "alone, but that at the images is wanted",
            hint="torch.utils.checkpoint.checkpoint(..., use_reentrant=False)",
        )
    if isinstance(error, CheckpointError):
        return ModelError(
            "the model's checkpointing finds other tensors on the way back than on the way forth, "
            "but a gradient is wanted",
            hint="explain the model without checkpointing",
        )
    if isinstance(error, UserWarning):
        operation = text.partition(": an autograd kernel")[0]
        return ModelError(
            f"'{operation}' of the model has no gradient, but one is wanted", hint=_OTHERS
        )
    if any(part in text for part in _REFUSALS):
        return ModelError(
            f"the gradient of the model cannot be computed ({text[:200]}), but one is wanted",
            hint=_OTHERS,
        )
    return None


CUT = (
    "remove detach() and no_grad() from its forward; of a model that was quantised or optimised "
    "for inference explain the original, or use occlusion"
)
"""What to do about a model that cuts the graph."""


def score_and_gradient(model: nn.Module, points: Tensor, score: Score) -> tuple[Tensor, Tensor]:
    """Score and its gradient at each point, in one forward and one backward pass.

    Args:
        model: From images to logits, frozen and in eval mode.
        points: ``(n, C, H, W)``.
        score: For these n points.

    Returns:
        Scores ``(n,)`` and gradients ``(n, C, H, W)``, both detached.

    Raises:
        ModelError: No gradient reaches the input.
    """
    points = points.detach().requires_grad_()
    scores = score(logits_with_graph(model, points))
    (gradient,) = gradients(scores.sum(), points)
    return scores.detach(), gradient


def logits_with_graph(model: nn.Module, points: Tensor) -> Tensor:
    """Logits from which a gradient at `points` can be computed.

    Args:
        model: From images to logits.
        points: ``(n, C, H, W)``, a leaf that requires a gradient.

    Raises:
        ModelError: The model cuts the graph.
    """
    logits: Tensor = guarded(model)(points)
    if not logits.requires_grad:
        raise ModelError(
            f"the output of {class_name(model)} has no gradient with respect to its input, "
            "but a gradient method needs one",
            hint=CUT,
        )
    return logits
