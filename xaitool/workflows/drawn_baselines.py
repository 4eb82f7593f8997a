"""The baselines of a batch as an explanation draws them, and which class the model puts them in."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.baselines.base import Baseline
from xaitool.core.baselines.reached import predictions
from xaitool.core.score import Score


class DrawnBaselines:
    """Draws baselines, and asks the model about those that stand for a second class.

    Args:
        baseline: Draws them; None for a method without any.
        model: The explained one.
        rows: Largest number of images in one forward pass.
    """

    def __init__(self, baseline: Baseline | None, model: nn.Module, rows: int) -> None:
        self.baseline = baseline
        self.model = model
        self.rows = rows
        self._predicted: list[tuple[Tensor, Tensor]] = []

    def draw(self, images: Tensor, score: Score, attributes: Tensor | None = None) -> Tensor | None:
        """Baselines ``(N, R, C, H, W)`` of some images; see `Baseline.for_samples`."""
        if self.baseline is None:
            return None
        self.baseline.rows = self.rows
        references = self.baseline.for_samples(images, score, attributes)
        if self.baseline.needs_against and score.against is not None:
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
