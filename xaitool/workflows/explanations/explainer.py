"""Explains images: the one engine of ``explain``, ``xaitool.attribute`` and ``evaluate``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.baselines.base import Baseline
from xaitool.core.memory import Rows
from xaitool.core.score import Score
from xaitool.workflows.explanations.baseline_hits import DrawnBaselines


@dataclass(frozen=True)
class ExplainedBatch:
    """Some images, explained.

    Attributes:
        attribution: Of the images; among its extras is ``baseline_prediction`` where the model was
            asked, see `DrawnBaselines`.
        baselines: ``(N, R, C, H, W)``; None for a method without any, or where every class that
            the target is held against has its own.
    """

    attribution: Attribution
    baselines: Tensor | None


class Explainer:
    """A method with its baseline, bound to a model.

    Args:
        method: Bound to the explained model.
        baseline: For a method that needs one.
        rows: How many images go through the model at once.
        classes: How many the model has, where each target is held against each of the others by
            itself; None: it is held against the second class of the score, if there is one.
        asks: Whether the model is asked about the baselines that stand for a second class.
    """

    def __init__(
        self,
        method: AttributionMethod,
        baseline: Baseline | None,
        rows: Rows,
        *,
        classes: int | None = None,
        asks: bool = False,
    ) -> None:
        self.baseline = baseline
        self.rows = rows
        self._method = method
        self._classes = classes
        self._asks = asks

    @property
    def batch_size(self) -> int:
        """Images at once: as many as rows, which all classes or a path's points share."""
        points = 1 if self._path is None else self._path.options.points
        return max(1, self.rows.most // max(self._classes or 1, points))

    @property
    def _path(self) -> Baseline | None:
        return self.baseline if self.baseline is not None and self.baseline.is_path else None

    def batches(
        self, images: Tensor, score: Score, attributes: Tensor | None = None
    ) -> Iterator[ExplainedBatch]:
        """Explain any number of images, `batch_size` at once; see `explain`."""
        size = self.batch_size
        for first in range(0, len(images), size):
            some = slice(first, first + size)
            known = None if attributes is None else attributes[some]
            yield self.explain(images[some], score.select(some), known)

    def explain(
        self, images: Tensor, score: Score, attributes: Tensor | None = None
    ) -> ExplainedBatch:
        """Explain a batch, with fewer rows in a forward pass where it does not fit in memory.

        Args:
            images: ``(N, C, H, W)`` in [0, 1], where the model is.
            score: What is explained of them.
            attributes: Their sensitive attributes, int64 ``(N, A)``; None: a path infers them.

        Raises:
            InputError: The model or the method does not fit the images.
            XaitoolError: Not even one row fits in memory.
        """
        return self.rows.run(partial(self._explain, images, score, attributes))

    def _explain(
        self, images: Tensor, score: Score, attributes: Tensor | None, rows: int
    ) -> ExplainedBatch:
        drawn = DrawnBaselines(self.baseline, self._method.model, rows, asks=self._asks)
        if self._classes is None:
            baselines = drawn.draw(images, score, attributes)
            attribution = self._method.attribute(images, score, baselines, rows=rows)
            return ExplainedBatch(_with(attribution, drawn.extras()), baselines)
        # A path is the same whatever the second class.
        baselines = None if self._path is None else drawn.draw(images, score, attributes)
        draw = drawn.draw if baselines is None else _drawn_already(baselines, score.target)
        attribution = self._method.attribute_against_all(
            images, score, self._classes, draw, rows=rows
        )
        return ExplainedBatch(
            _with(attribution, drawn.extras_of_all(score.target, self._classes)), baselines
        )


def _with(attribution: Attribution, extras: dict[str, Tensor]) -> Attribution:
    return replace(attribution, extras=attribution.extras | extras)


def _drawn_already(baselines: Tensor, target: Tensor) -> Callable[[Tensor, Score], Tensor | None]:
    """Gives baselines that do not depend on the second class to all targets but that class."""

    def draw(images: Tensor, score: Score) -> Tensor | None:
        assert score.against is not None
        return baselines[target != score.against[0]]

    return draw
