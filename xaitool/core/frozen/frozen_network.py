"""What a network whose parameters are frozen can do faster on a CPU, without being touched."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from xaitool.core.frozen.image_convolution import image_convolution
from xaitool.core.frozen.sight import is_recomputed

_CONVOLUTIONS = frozenset((F.conv2d, torch.ops.aten.conv2d, torch.ops.aten.conv2d.default))


class FrozenNetwork(TorchFunctionMode):
    """Within it, on a CPU, gradients reach the images faster; nothing else changes but rounding.

    A convolution of images has the gradient of `image_convolution`. A batch normalisation by fixed
    statistics is one multiplication and addition; torch's own also computes, on the way back, the
    gradients of parameters that nobody asked for. Where a network computes under autocast, that
    chooses each operation's dtype, and all is torch's own.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.is_autocast_enabled("cpu"):
            return func(*args, **kwargs)
        result = None
        if func is F.batch_norm and not is_recomputed():
            result = _normalised(*args, **kwargs)
        elif func in _CONVOLUTIONS and not is_recomputed():
            result = image_convolution(*args, **kwargs)
        return func(*args, **kwargs) if result is None else result


def _normalised(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor | None:
    """``batch_norm`` as a scale and a shift, or None where it is no such thing."""
    if training or running_mean is None or running_var is None or input.device.type != "cpu":
        return None
    if any(part is not None and part.requires_grad for part in (weight, bias)):
        return None
    scale = (running_var + eps).rsqrt()
    scale = scale if weight is None else scale * weight
    shift = -running_mean * scale
    shift = shift if bias is None else shift + bias
    shape = (1, -1, *(1,) * (input.ndim - 2))
    return torch.addcmul(shift.view(shape), input, scale.view(shape))
