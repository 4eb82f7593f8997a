"""Grad-CAM: a convolution's feature maps, weighted by their mean gradients."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.engine.layers import Layer, last_convolution, named_layer
from xaitool.core.batching import row_chunks
from xaitool.core.frozen.sight import check_in_sight
from xaitool.core.frozen.users_model import bare, class_name
from xaitool.core.gradients import gradients, logits_with_graph
from xaitool.core.score import Score
from xaitool.errors import ModelError
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
    unambiguous; an exported program keeps the names of the modules that it was made of. A layer's
    output is read as ``(N, C, h, w)``: of networks that keep channels last, as Swin's later layers
    do, take the patch embedding.

    Raises:
        UnknownNameError: There is no such layer.
        ModelError: No convolution has an output of more than one position, or the layer has no
            feature map or no effect on the score.

    Example:
        >>> import torch
        >>> from xaitool.core.attribution.grad_cam import GradCam
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(
        ...     torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        ...     torch.nn.Linear(288, 10),
        ... )
        >>> images = torch.rand(2, 3, 8, 8)
        >>> result = GradCam(model, layer="0").attribute(images, Score(torch.tensor([3, 5])))
        >>> bool((result.values >= 0).all())
        True
        >>> torch.equal(result.values[:, 0], result.values[:, 2])  # a pixel's channels share
        True
    """

    Options = GradCamOptions

    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        layer = self._layer(inputs[:1])
        values = torch.empty_like(inputs)
        score_input = inputs.new_empty(len(inputs))
        for chunk in row_chunks(len(inputs), rows, inputs.device):
            score_input[chunk], coarse = self._coarse_map(layer, inputs[chunk], score.select(chunk))
            coarse = coarse.to(inputs.dtype)  # a network under autocast has its own
            fine = F.interpolate(coarse, inputs.shape[2:], mode="bilinear", align_corners=False)
            values[chunk] = fine / inputs.shape[1]
        nothing = torch.full_like(score_input, torch.nan)
        return Attribution(values, score_input, nothing, nothing)

    def _layer(self, image: Tensor) -> Layer:
        if self.options.layer is not None:
            return named_layer(bare(self.model), self.options.layer)
        check_in_sight(self.model, "Grad-CAM needs the last convolution, or the name of another")
        layer = last_convolution(self.model, image)
        if layer is None:
            raise ModelError(
                f"{class_name(self.model)} has no two-dimensional convolution with an output "
                "of more than one position, but Grad-CAM needs one",
                hint="a gradient method such as integrated-gradients explains any network",
            )
        return layer

    def _coarse_map(self, layer: Layer, images: Tensor, score: Score) -> tuple[Tensor, Tensor]:
        """Score ``(n,)`` and map ``(n, 1, h, w)``."""
        with layer.watched() as outputs:
            scores = score(logits_with_graph(self.model, images.detach().requires_grad_()))
        parts = layer.select(outputs)
        fits = all(isinstance(part, Tensor) and part.ndim == 4 for part in parts)
        # A program fills its last part up.
        if not parts or not fits or sum(map(len, parts)) < len(images):
            raise self._unfit("has no feature map, but one of (N, C, h, w) is wanted")
        slopes: tuple[Tensor | None, ...] = (None,)
        if all(part.requires_grad for part in parts):
            slopes = gradients(scores.sum(), parts, allow_unused=True)
        if any(gradient is None for gradient in slopes):
            raise self._unfit("has no effect on the score, but a gradient is wanted")
        gradient = torch.cat([one for one in slopes if one is not None])[: len(images)]
        maps = torch.cat(parts).detach()[: len(images)]
        coarse = (gradient.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True)
        return scores.detach(), coarse.relu() if self.options.relu else coarse

    def _unfit(self, fault: str) -> ModelError:
        name = f"layer '{self.options.layer}'" if self.options.layer else "the last convolution"
        return ModelError(
            f"{name} of {class_name(self.model)} {fault}",
            hint="--method-option layer=NAME names another",
        )
