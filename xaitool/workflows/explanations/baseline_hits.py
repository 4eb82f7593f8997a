"""The baselines of a batch as an explanation draws them, and which class the model puts them in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from xaitool.core.baselines.base import Baseline, Need
from xaitool.core.baselines.reached import predictions
from xaitool.core.score import Score
from xaitool.io.attributions import AttributionFile, AttributionRows


class DrawnBaselines:
    """Draws baselines, and asks the model about those that stand for a second class.

    Args:
        baseline: Draws them; None for a method without any.
        model: The explained one.
        rows: Largest number of images in one forward pass.
        asks: Whether the model is asked.
    """

    def __init__(
        self, baseline: Baseline | None, model: nn.Module, rows: int, *, asks: bool = True
    ) -> None:
        self.baseline = baseline
        self.model = model
        self.rows = rows
        self.asks = asks
        self._predicted: list[tuple[Tensor, Tensor]] = []

    def draw(self, images: Tensor, score: Score, attributes: Tensor | None = None) -> Tensor | None:
        """Baselines ``(N, R, C, H, W)`` of some images; see `Baseline.for_samples`."""
        if self.baseline is None:
            return None
        references = self.baseline.for_samples(images, score, attributes, rows=self.rows)
        stands_for_class = Need.SECOND_CLASS in self.baseline.needs
        if self.asks and stands_for_class and score.against is not None:
            predicted = predictions(self.model, references, rows=self.rows)
            self._predicted.append((score.against, predicted))
        return references

    def extras(self) -> dict[str, Tensor]:
        """``baseline_prediction``, int64 ``(N, R)``; empty where no second class was looked for."""
        if not self._predicted:
            return {}
        [(_, predicted)] = self._predicted
        return {"baseline_prediction": predicted}

    def extras_of_all(self, target: Tensor, classes: int) -> dict[str, Tensor]:
        """The same after a draw for each class but the target's own.

        Args:
            target: int64 ``(N,)``.
            classes: K, how many the model has.

        Returns:
            ``baseline_prediction``, int64 ``(N, K, R)``, -1 for the target itself.
        """
        if not self._predicted:
            return {}
        references = self._predicted[0][1].shape[1]
        whole = torch.full((len(target), classes, references), -1, device=target.device)
        for against, predicted in self._predicted:
            label = int(against[0])
            whole[target != label, label] = predicted
        return {"baseline_prediction": whole}


SAMPLES_AT_ONCE = 1024


@dataclass(frozen=True)
class ReachedCount:
    """Baselines of some samples.

    Attributes:
        hits: Those that the model puts into the class that they stand for.
        count: All.
    """

    hits: int
    count: int


def count_reached(prediction: Tensor, against: Tensor, classes: Tensor | None) -> ReachedCount:
    """Count the baselines of some samples.

    Args:
        prediction: Class that the model puts each baseline into, int64 ``(N, R)``; or
            ``(N, K, R)`` where the samples were held against each class by itself.
        against: int64 ``(N,)``.
        classes: Then int64 ``(N, K)``: each column's class, -1 for the target itself.
    """
    if prediction.ndim == 2 or classes is None:
        return ReachedCount(int((prediction == against[:, None]).sum()), prediction.numel())
    hits = (prediction == classes[..., None]) & (classes >= 0)[..., None]
    return ReachedCount(int(hits.sum()), int((classes >= 0).sum()) * prediction.shape[2])


def reached_share(rows: AttributionRows, row: int) -> float | None:
    """Of one sample's baselines; None where they stand for no class."""
    prediction, classes = (rows.extra.get(name) for name in ("baseline_prediction", "classes"))
    if prediction is None:
        return None
    alone = slice(row, row + 1)
    reached = count_reached(
        prediction[alone], rows.against[alone], None if classes is None else classes[alone]
    )
    return reached.hits / reached.count


def file_reached(path: Path) -> ReachedCount | None:
    """Of all samples of an attribution file; None where its baselines stand for no class."""
    with AttributionFile(path) as file:
        parts = []
        for first in range(0, len(file), SAMPLES_AT_ONCE):
            rows = slice(first, first + SAMPLES_AT_ONCE)
            prediction = file.column("extra/baseline_prediction", rows)
            against = file.column("against", rows)
            if prediction is None or against is None:
                return None
            parts.append(count_reached(prediction, against, file.column("extra/classes", rows)))
    return ReachedCount(sum(part.hits for part in parts), sum(part.count for part in parts))
