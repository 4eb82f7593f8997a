"""An image of the second class, made from the explained one by a trained generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.baselines.base import Baseline, Need
from xaitool.core.batching import ROWS, row_chunks
from xaitool.core.frozen.untouched import untouched
from xaitool.core.score import Score
from xaitool.errors import ShapeError


class CounterfactualBaseline(Baseline):
    """GANMEX: the closest realistic image of the second class (Shih et al. 2021, section 3).

    The generator gets the image and the score's second class; R = 1. Whether its image really is
    of that class to the classifier is not looked at here: `reached` tells.

    Args:
        generator: From images ``(N, C, H, W)`` in [0, 1] and classes int64 ``(N,)`` to images of
            the same shape in [0, 1]; left as it was.

    Example:
        Any module that makes an image of a class is a generator, such as one that
        ``train-baseline-gan`` trained.

        >>> import torch
        >>> from xaitool.core.baselines.counterfactual import CounterfactualBaseline
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> images = torch.rand(2, 3, 8, 8)
        >>> class Brighter(torch.nn.Module):
        ...     def forward(self, images, classes):
        ...         return (images + 0.1 * classes.view(-1, 1, 1, 1)).clamp(max=1)
        ...
        >>> score = Score(torch.tensor([3, 5]), against=torch.tensor([0, 9]))
        >>> references = CounterfactualBaseline(generator=Brighter()).for_images(images, score)
        >>> torch.equal(references[0, 0], images[0])
        True
        >>> bool((references[1, 0] >= 0.9).all())
        True
    """

    needs = frozenset({Need.GENERATOR, Need.SECOND_CLASS})

    def __init__(self, *, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References ``(N, 1, C, H, W)``.

        Raises:
            ConfigError: The score has no second class.
            ShapeError: The generator makes images of another shape.
        """
        against = self._against(score)
        made = torch.empty_like(images)
        with untouched(self.generator), torch.no_grad():
            for chunk in row_chunks(len(images), rows, images.device):
                made[chunk] = _like(images[chunk], self.generator(images[chunk], against[chunk]))
        return made.unsqueeze(1)


def _like(images: Tensor, generated: Tensor) -> Tensor:
    if generated.shape != images.shape:
        raise ShapeError(
            f"images are {tuple(images.shape[1:])}, but the generator makes "
            f"{tuple(generated.shape[1:])} of them"
        )
    return generated
