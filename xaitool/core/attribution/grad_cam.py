"""Grad-CAM: a convolution's feature maps, weighted by their mean gradients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.saliency import logits_with_graph
from xaitool.core.batching import row_chunks
from xaitool.core.score import Score
from xaitool.core.users_model import bare, class_name
from xaitool.errors import ModelError, UnknownNameError
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class GradCamOptions(Options):
    """Options of `GradCam`."""

    layer: str | None = option(
        None,
        "Name of the module whose feature maps are weighted, such as layer4; by default the last "
        "convolution whose output has more than one position.",
    )
    relu: bool = option(True, "Keep only what speaks for the class, as the paper does.")


class GradCam(AttributionMethod):
    """``relu(sum_k w_k A_k)``, w_k the mean gradient at map A_k (Selvaraju et al. 2017, eq. 1, 2).

    The coarse map is interpolated bilinearly to the size of the input. It says nothing of the
    channels, so each gets an equal part: the sum over the channels is the map. Values are in score
    units but promise no sum: `score_baseline` and `completeness_gap` are NaN.

    The paper takes the last convolutional layer; without `layer` that is the convolution that is
    run last, found by running the model once. A ResNet's residual sum comes later, and most
    implementations take that: ``layer=layer4``. A name may leave out its beginning where that is
    unambiguous. A layer's output is read as ``(N, C, h, w)``: of networks that keep channels last,
    as Swin's later layers do, take the patch embedding.

    Raises:
        UnknownNameError: There is no such layer.
        ModelError: No convolution has an output of more than one position, or the layer has no
            feature map or no effect on the score.

    Example:
        Continues that of `AttributionMethod`.

        >>> result = GradCam(model, layer="0").attribute(images, score)
        >>> bool((result.values >= 0).all())
        True
    """

    Options = GradCamOptions

    def _attribute(self, inputs: Tensor, score: Score, baselines: Tensor | None) -> Attribution:
        layer = self._layer(inputs[:1])
        values = torch.empty_like(inputs)
        score_input = inputs.new_empty(len(inputs))
        for rows in row_chunks(len(inputs), self.rows, inputs.device):
            score_input[rows], coarse = self._map(layer, inputs[rows], score.select(rows))
            coarse = coarse.to(inputs.dtype)  # a network under autocast has its own
            fine = F.interpolate(coarse, inputs.shape[2:], mode="bilinear", align_corners=False)
            values[rows] = fine / inputs.shape[1]
        nothing = torch.full_like(score_input, torch.nan)
        return Attribution(values, score_input, nothing, nothing)

    def _layer(self, image: Tensor) -> nn.Module:
        if self.options.layer is not None:
            return _named(bare(self.model), self.options.layer)
        convolutions = [one for one in self.model.modules() if isinstance(one, nn.Conv2d)]
        with _outputs(convolutions) as outputs, torch.no_grad():
            self.model(image)
        extended = [layer for layer, output in outputs if output.shape[2:].numel() > 1]
        if not extended:
            raise ModelError(
                f"{class_name(self.model)} has no Conv2d module with an output of more than "
                "one position, but Grad-CAM needs one",
                hint="a gradient method such as integrated-gradients explains any network",
            )
        return extended[-1]

    def _map(self, layer: nn.Module, images: Tensor, score: Score) -> tuple[Tensor, Tensor]:
        """Score ``(n,)`` and map ``(n, 1, h, w)``."""
        with _outputs([layer]) as outputs:
            scores = score(logits_with_graph(self.model, images.detach().requires_grad_()))
        maps = outputs[-1][1] if outputs else None
        if not isinstance(maps, Tensor) or maps.ndim != 4 or len(maps) != len(images):
            raise self._unfit("has no feature map, but one of (N, C, h, w) is wanted")
        gradient = None
        if maps.requires_grad:
            (gradient,) = torch.autograd.grad(scores.sum(), maps, allow_unused=True)
        if gradient is None:
            raise self._unfit("has no effect on the score, but a gradient is wanted")
        coarse = (gradient.mean((2, 3), keepdim=True) * maps.detach()).sum(1, keepdim=True)
        return scores.detach(), coarse.relu() if self.options.relu else coarse

    def _unfit(self, fault: str) -> ModelError:
        name = f"layer '{self.options.layer}'" if self.options.layer else "the last convolution"
        return ModelError(
            f"{name} of {class_name(self.model)} {fault}",
            hint="--method-option layer=NAME names another",
        )


def _named(model: nn.Module, name: str) -> nn.Module:
    modules: dict[str, nn.Module] = dict(model.named_modules())
    endings = [path for path in modules if path.endswith(f".{name}")]
    if name in modules:
        return modules[name]
    if len(endings) == 1:
        return modules[endings[0]]
    convolutions = [path for path, module in modules.items() if isinstance(module, nn.Conv2d)]
    raise UnknownNameError(
        "layer", name, endings or convolutions, also=", or another module with feature maps"
    )


@contextmanager
def _outputs(modules: Iterable[nn.Module]) -> Iterator[list[tuple[nn.Module, Any]]]:
    """Modules and their outputs in the order in which they are run within this context."""
    found: list[tuple[nn.Module, Any]] = []

    def keep(module: nn.Module, _: Any, output: Any) -> Any:
        found.append((module, output))
        # What follows may write into its input.
        return output.clone() if isinstance(output, Tensor) else output

    handles = [module.register_forward_hook(keep) for module in modules]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
