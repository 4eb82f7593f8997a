"""What the last layer of any classifier receives."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from xaitool.core.frozen.sight import check_in_sight
from xaitool.core.frozen.untouched import untouched
from xaitool.core.frozen.users_model import class_name
from xaitool.errors import ModelError


def penultimate(model: nn.Module, images: Tensor) -> Tensor:
    """Features below the logits: the input of the last linear layer that is run.

    The layer is found while the model runs, whether it is a module or a function. Where the last
    layer is a convolution, as in SqueezeNet, its input is averaged over positions. The model runs
    in eval mode and is left as it was.

    Args:
        model: From images to logits.
        images: ``(N, C, H, W)`` in [0, 1].

    Returns:
        ``(N, F)``, detached, in the dtype of the images.

    Raises:
        ModelError: The model runs no linear layer or convolution, or the last one does not
            receive one row or feature map an image, or not every layer is seen.
    """
    check_in_sight(model, "features below the last linear layer are wanted")
    with untouched(model) as own, torch.no_grad(), _LastLayer() as last:
        own(images)
    if last.received is None:
        raise ModelError(
            f"{class_name(model)} has no linear layer, but features below one are wanted"
        )
    features = last.received.detach().to(images.dtype)
    if features.ndim == 4:
        features = features.mean((2, 3))
    if features.ndim != 2 or len(features) != len(images):
        raise ModelError(
            f"the last linear layer of {class_name(model)} receives {tuple(features.shape)}, "
            f"but ({len(images)}, features) is wanted"
        )
    kept: Tensor = features.clone()
    return kept


class _LastLayer(TorchFunctionMode):
    """Keeps what the last linear layer or convolution that ran within it received."""

    def __init__(self) -> None:
        super().__init__()
        self.received: Tensor | None = None

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if _is_layer(func):
            self.received = args[0] if args else kwargs["input"]
        return func(*args, **kwargs)


def _is_layer(function: Any) -> bool:
    return function in (F.linear, torch.ops.aten.linear.default) or (
        getattr(function, "__name__", "").partition(".")[0] == "conv2d"
    )
