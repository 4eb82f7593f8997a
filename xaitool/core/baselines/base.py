"""What a baseline is: reference images that stand for the absence of what is explained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import Any, ClassVar

from torch import Tensor

from xaitool.core.batching import ROWS
from xaitool.core.score import Score
from xaitool.errors import ConfigError
from xaitool.options import NoOptions, Options


class Need(StrEnum):
    """What a baseline cannot make by itself.

    Each is a keyword of its constructor, but the second class, which comes with every score.

    Attributes:
        IMAGE: ``(C, H, W)`` in [0, 1].
        REFERENCES: ``(R, C, H, W)`` in [0, 1], drawn already.
        DATA: `LabelledImages`, the images to choose from.
        MODEL: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``.
        GENERATOR: From images ``(N, C, H, W)`` in [0, 1] and classes int64 ``(N,)`` to images of
            the same shape in [0, 1].
        CVAE: `Cvae`, trained on such images with the model's classes for labels.
        SEED: int, the run's seed.
        SECOND_CLASS: The class that the target is held against; the references stand for it.
    """

    IMAGE = "image"
    REFERENCES = "references"
    DATA = "data"
    MODEL = "model"
    GENERATOR = "generator"
    CVAE = "cvae"
    SEED = "seed"
    SECOND_CLASS = "second class"


class Baseline(ABC):
    """Makes R reference images for each sample; the same for explainers, metrics and guidance.

    Any registered baseline is made by ``Class(**{need: value}, **options)``, one keyword for each
    `keyword_needs` and one for each option that is not left at its default.

    Attributes:
        Options: What a user may set.
        needs: What it cannot make by itself.
        is_path: Whether the references of a sample are the points of one path, in order; then its
            option ``points`` says how many. Of one point, they are as any other's.

    Raises:
        ConfigError: An option is unknown or out of range.
    """

    Options: ClassVar[type[Options]] = NoOptions
    needs: ClassVar[frozenset[Need]] = frozenset()
    is_path: ClassVar[bool] = False

    def __init__(self, **options: Any) -> None:
        self.options: Any = self.Options.from_mapping(options, source=type(self).__name__)

    @classmethod
    def keyword_needs(cls) -> list[Need]:
        """Those that the constructor takes, by their names."""
        return sorted(cls.needs - {Need.SECOND_CLASS})

    @abstractmethod
    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References for a batch.

        Args:
            images: ``(N, C, H, W)`` in [0, 1].
            score: What is explained of them.
            rows: Largest number of images in one forward pass, for those that make any. It changes
                nothing but rounding.

        Returns:
            ``(N, R, C, H, W)`` in [0, 1], same dtype and device; may be an expanded view.

        Raises:
            ConfigError: It needs a second class and the score has none.
        """

    def for_samples(
        self, images: Tensor, score: Score, attributes: Tensor | None, *, rows: int = ROWS
    ) -> Tensor:
        """References for a batch of which more than the pixels may be known.

        Args:
            images: ``(N, C, H, W)`` in [0, 1].
            score: What is explained of them.
            attributes: Values of their A sensitive attributes, int64 ``(N, A)``; None where nobody
                tells them. Most baselines have no use for them.
            rows: As of `for_images`.

        Returns:
            As `for_images`.

        Raises:
            ConfigError: As `for_images`.
        """
        return self.for_images(images, score, rows=rows)

    def _against(self, score: Score) -> Tensor:
        if score.against is None:
            raise ConfigError(
                f"the score has no second class, but {type(self).__name__} looks for images of one",
                hint="--against second",
            )
        return score.against


class DrawnBaseline(Baseline):
    """A baseline whose references are drawn.

    Args:
        seed: The run's seed.
        **options: Its options.
    """

    needs = frozenset({Need.SEED})

    def __init__(self, *, seed: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.seed = seed
