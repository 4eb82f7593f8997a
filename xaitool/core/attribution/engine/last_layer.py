"""What a classifier's last linear layer knows of each class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from xaitool.core.frozen.users_model import class_name
from xaitool.errors import ModelError

LINEAR_OPERATIONS = (
    F.linear,
    torch.conv2d,
    torch.ops.aten.linear.default,
    torch.ops.aten.conv2d.default,
)


@torch.no_grad()
def class_weights(model: nn.Module, images: Tensor) -> Tensor:
    """The rows of the weight matrix that makes the logits.

    It is the weight of the last linear layer or convolution that the model runs, if its outputs are
    the logits; SqueezeNet's are after a ReLU, and those of a convolution after the mean over the
    positions. The operation is looked for where torch dispatches its functions, so it need not be
    a module of its own.

    Args:
        model: From images to logits, in eval mode.
        images: ``(n, C, H, W)``, n at least 1; one is enough.

    Returns:
        ``(K, D)``, row k for class k.

    Raises:
        ModelError: The logits come from something else.
    """
    with _LastLinear() as last:
        logits = model(images)
    if last.weight is None or not _makes(last.output, logits):
        raise ModelError(
            f"the logits of {class_name(model)} are no output of a linear layer, "
            "but the nearest classes are told by its weights",
            hint="--method-option class-choice=random",
        )
    weight: Tensor = last.weight
    return weight.flatten(1)


def _makes(output: Tensor, logits: Tensor) -> bool:
    for candidate in (output, output.relu()):
        mean = candidate.flatten(2).mean(2) if candidate.ndim > 2 else candidate
        if mean.shape == logits.shape and torch.allclose(mean.to(logits), logits, rtol=1e-4):
            return True
    return False


class _LastLinear(TorchFunctionMode):
    """Keeps weight and output of the linear operation that ran last."""

    weight: Tensor | None = None
    output: Tensor

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if func in LINEAR_OPERATIONS:
            self.weight = args[1] if len(args) > 1 else kwargs["weight"]
            self.output = result
        return result
