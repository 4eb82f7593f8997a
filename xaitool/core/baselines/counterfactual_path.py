"""The points of a path from an image with another sensitive attribute to the explained one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from xaitool.core.baselines.base import Baseline, Need
from xaitool.core.batching import ROWS
from xaitool.core.counterfactuals.base import CounterfactualPath, counterfactual_values
from xaitool.core.counterfactuals.cvae_path import CvaePath
from xaitool.core.counterfactuals.recolouring import RecolouringPath
from xaitool.core.models.counterfactuals.cvae import Cvae
from xaitool.core.score import Score
from xaitool.errors import DataError
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class CounterfactualPathOptions(Options):
    """Options of the baselines that are paths."""

    points: int = option(
        51,
        "Points of the path, both ends among them; 1: the counterfactual image alone, which is a "
        "baseline for every method.",
        minimum=1,
    )


class CounterfactualPathBaseline(Baseline):
    """Evenly spaced points of the path that CGI follows (Qiang et al. 2022, section 4.3).

    R is the option `points`. The first is the counterfactual image, δ = 1 in the paper's equation
    5, the last, at δ = 0, the image with its own attributes. An attribute with more than two
    values takes its next one, after the last the first; the paper knows two.

    Args:
        **options: The fields of `CounterfactualPathOptions`.
    """

    Options = CounterfactualPathOptions
    is_path = True

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """Points ``(N, R, C, H, W)``; the attributes of the images are inferred from them."""
        return self.for_samples(images, score, None, rows=rows)

    def for_samples(
        self, images: Tensor, score: Score, attributes: Tensor | None, *, rows: int = ROWS
    ) -> Tensor:
        """Points ``(N, R, C, H, W)``; attributes that nobody tells are inferred.

        The label that a path depends on is the explained class, so that no true label enters
        unless it is what was asked about.

        Raises:
            ShapeError: The path is for other images or attributes.
            DataError: An attribute has no such value.
        """
        path = self._path()
        labels = score.target.to(images.device)
        if attributes is None:
            attributes = path.infer(images, labels, rows)
        own = attributes.to(images.device)
        other = counterfactual_values(own, self._sizes())  # refuses another number of attributes
        _check_values(own, self._sizes())
        places = torch.linspace(1, 0, self.options.points, dtype=images.dtype, device=images.device)
        return path.points(images, labels, own, other, places, rows)

    @abstractmethod
    def _path(self) -> CounterfactualPath:
        """What makes the points."""

    @abstractmethod
    def _sizes(self) -> Sequence[int]:
        """How many values each attribute has."""


def _check_values(attributes: Tensor, sizes: Sequence[int]) -> None:
    """Refuse what would be no one-hot vector, with a message that says what is."""
    for column, size in zip(attributes.unbind(1), sizes, strict=True):
        outside = column[(column < 0) | (column >= size)]
        if len(outside):
            raise DataError(
                f"a sensitive attribute has the value {int(outside[0])}, but 0 to {size - 1} are "
                "known"
            )


class CvaePathBaseline(CounterfactualPathBaseline):
    """The path of `CvaePath`: what the autoencoder decodes as its attributes move.

    The last point is the reconstruction, which is not the image.

    Args:
        cvae: The autoencoder; left as it was.
        **options: The fields of `CounterfactualPathOptions`.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.counterfactual_path import CvaePathBaseline
        >>> from xaitool.core.models.counterfactuals.cvae import Cvae
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> images, labels = torch.rand(2, 3, 8, 8), torch.tensor([3, 5])
        >>> cvae = Cvae((3, 8, 8), classes=10, attributes=[2])
        >>> attributes = torch.tensor([[0], [1]])
        >>> baseline = CvaePathBaseline(cvae=cvae, points=5)
        >>> path = baseline.for_samples(images, Score(labels), attributes)
        >>> path.shape
        torch.Size([2, 5, 3, 8, 8])
        >>> reconstruction = cvae(images, labels, cvae.one_hot(attributes))
        >>> torch.allclose(path[:, -1], reconstruction)
        True
    """

    needs = frozenset({Need.CVAE})

    def __init__(self, *, cvae: Cvae, **options: Any) -> None:
        super().__init__(**options)
        self.cvae = cvae

    def _path(self) -> CounterfactualPath:
        return CvaePath(self.cvae)

    def _sizes(self) -> Sequence[int]:
        return self.cvae.attributes


class RecolouringBaseline(CounterfactualPathBaseline):
    """The path of `RecolouringPath`: red becomes green, or green red, on a straight line.

    The last point is the image. The colour is always read from the pixels, so that the dataset's
    attributes may be any others.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.counterfactual_path import RecolouringBaseline
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> red = torch.rand(2, 3, 8, 8) * torch.tensor([1, 0, 0]).view(3, 1, 1)
        >>> path = RecolouringBaseline(points=3).for_images(red, Score(torch.tensor([3, 5])))
        >>> green = red[:, [1, 0, 2]]
        >>> torch.equal(path[:, 0], green), torch.equal(path[:, -1], red)
        (True, True)
    """

    def for_samples(
        self, images: Tensor, score: Score, attributes: Tensor | None, *, rows: int = ROWS
    ) -> Tensor:
        """Points ``(N, R, C, H, W)``.

        Raises:
            ShapeError: The images have fewer than two channels.
        """
        return super().for_samples(images, score, None, rows=rows)

    def _path(self) -> CounterfactualPath:
        return RecolouringPath()

    def _sizes(self) -> Sequence[int]:
        return (2,)
