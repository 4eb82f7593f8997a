"""Images of the second class as a baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from xaitool.core.baselines.base import Baseline, Need
from xaitool.core.baselines.labelled import LabelledImages, images_like, indices_of
from xaitool.core.batching import ROWS
from xaitool.core.score import Score
from xaitool.core.seeding import random_stream
from xaitool.errors import ConfigError
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class TargetClassOptions(Options):
    """Options of `TargetClass`."""

    references: int = option(20, "Images drawn from the second class.", minimum=1)


class TargetClass(Baseline):
    """Images drawn from the score's second class (Shih et al. 2021, GANMEX, section 2.3).

    The paper makes expected gradients one-vs-one in this way, with 200 images. Drawn without
    replacement from the seed and the class alone, so that samples with the same second class are
    held against the same images.

    Args:
        data: The images to draw from.
        seed: The run's seed.
        **options: The fields of `TargetClassOptions`.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.target_class import TargetClass
        >>> from xaitool.core.score import Score
        >>> from xaitool.data.load import load_dataset
        >>> digits = load_dataset("digits", "train")
        >>> images, labels = digits.images(torch.arange(2)), digits.labels[:2]
        >>> score = Score(labels, against=torch.tensor([7, 7]))
        >>> references = TargetClass(data=digits, references=5).for_images(images, score)
        >>> references.shape
        torch.Size([2, 5, 1, 28, 28])
        >>> sevens = digits.images((digits.labels == 7).nonzero()[:, 0])
        >>> bool((references[0, :, None] == sevens).flatten(2).all(2).any(1).all())
        True
    """

    Options = TargetClassOptions
    needs = frozenset({Need.DATA, Need.SEED, Need.SECOND_CLASS})

    def __init__(self, *, data: LabelledImages, seed: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.data = data
        self.seed = seed

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References ``(N, R, C, H, W)``.

        Raises:
            ConfigError: The score has no second class, or the class has too few images.
            DataError: The class has no image.
            ShapeError: The images are of another shape than the dataset's.
        """
        against = self._against(score)
        references = images.new_empty(len(images), self.options.references, *images.shape[1:])
        for label in against.unique().tolist():
            references[against == label] = images_like(self.data, self._draw(label), images)
        return references

    def _draw(self, label: int) -> Tensor:
        indices = indices_of(self.data, label)
        wanted = self.options.references
        if len(indices) < wanted:
            raise ConfigError(
                f"--references is {wanted}, but class {label} of the dataset has "
                f"{len(indices)} images"
            )
        random = random_stream(self.seed, "target-class baseline", label)
        return indices[torch.randperm(len(indices), generator=random)[:wanted]]
