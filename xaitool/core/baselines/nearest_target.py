"""The nearest image of the second class as a baseline."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.baselines.base import Baseline, Need
from xaitool.core.baselines.labelled import LabelledImages, images_like, indices_of
from xaitool.core.batching import ROWS
from xaitool.core.score import Score

NUMBERS_AT_ONCE = 2**23


class NearestTarget(Baseline):
    """MDTS: the training image of the second class that is nearest in L2.

    Minimum distance training sample, of Bach et al. 2015 in Shih et al. 2021 (GANMEX), section 2.2.
    A class is what the data's labels say, not what the classifier predicts. Every image of the
    class is compared; among equally near ones the first is taken.

    Args:
        data: The training images.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.nearest_target import NearestTarget
        >>> from xaitool.core.score import Score
        >>> from xaitool.data.load import load_dataset
        >>> digits = load_dataset("digits", "train")
        >>> images, labels = digits.images(torch.arange(2)), digits.labels[:2]
        >>> score = Score(labels, against=torch.tensor([7, 7]))
        >>> references = NearestTarget(data=digits).for_images(images, score)
        >>> sevens = digits.images((digits.labels == 7).nonzero()[:, 0])
        >>> least = torch.cdist(images.flatten(1), sevens.flatten(1)).min(1).values
        >>> torch.allclose((references[:, 0] - images).flatten(1).norm(dim=1), least)
        True
    """

    needs = frozenset({Need.DATA, Need.SECOND_CLASS})

    def __init__(self, *, data: LabelledImages) -> None:
        super().__init__()
        self.data = data

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References ``(N, 1, C, H, W)``.

        Raises:
            ConfigError: The score has no second class.
            DataError: The class has no image.
            ShapeError: The images are of another shape than the dataset's.
        """
        against = self._against(score)
        references = torch.empty_like(images)
        for label in against.unique().tolist():
            of_label = against == label
            references[of_label] = self._nearest(images[of_label], indices_of(self.data, label))
        return references.unsqueeze(1)

    def _nearest(self, images: Tensor, indices: Tensor) -> Tensor:
        queries = images.flatten(1).double()
        distance = queries.new_full((len(images),), torch.inf)
        index = torch.zeros_like(distance, dtype=torch.int64)
        for part in indices.split(max(1, NUMBERS_AT_ONCE // queries.shape[1])):
            candidates = images_like(self.data, part, images).flatten(1).double()
            smallest, position = nearest(queries, candidates)
            closer = smallest < distance
            distance = torch.where(closer, smallest, distance)
            index = torch.where(closer, part.to(index.device)[position], index)
        return images_like(self.data, index, images)


def nearest(queries: Tensor, candidates: Tensor) -> tuple[Tensor, Tensor]:
    """The candidate nearest to each query.

    One matrix product finds all that may be the nearest, as far as its rounding lets one tell; they
    are then compared by the sum of their squared differences, which cancels nothing.

    Args:
        queries: float64 ``(n, D)``.
        candidates: float64 ``(m, D)``, m at least 1.

    Returns:
        Squared distance, float64 ``(n,)``, and index, int64 ``(n,)``: the lowest among equals.
    """
    norms = queries.square().sum(1, keepdim=True) + candidates.square().sum(1)
    rough = norms - 2 * queries @ candidates.T
    # Twice the largest rounding error of a sum of D products, see Higham 2002, section 3.1.
    doubt = 2 * (queries.shape[1] + 2) * torch.finfo(norms.dtype).eps * norms.amax(1, keepdim=True)
    eligible = (rough <= rough.amin(1, keepdim=True) + doubt).nonzero()
    distances = torch.full_like(rough, torch.inf)
    for pairs in eligible.split(max(1, NUMBERS_AT_ONCE // queries.shape[1])):
        query, candidate = pairs.unbind(1)
        differences = queries[query] - candidates[candidate]
        distances[query, candidate] = differences.square().sum(1)
    smallest, position = distances.min(1)
    return smallest, position
