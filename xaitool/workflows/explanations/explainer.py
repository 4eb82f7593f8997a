"""Explains one batch after another with a method, a model and a choice of classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.baselines.base import Baseline, Need
from xaitool.core.baselines.dataset import DatasetReferences
from xaitool.core.baselines.reached import reached
from xaitool.core.memory import Rows
from xaitool.core.score import Output, Score
from xaitool.io.attribution_layout import AttributionRows
from xaitool.workflows.explanations.baseline_hits import DrawnBaselines
from xaitool.workflows.explanations.class_choice import ClassChoice
from xaitool.workflows.explanations.images import Batch
from xaitool.workflows.explanations.plan import Explanation
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.runtime import Runtime

# Of a path, in a picture; with the input and the map they fill two lines.
SHOWN_POINTS = 9


class Explainer:
    """Everything that an explanation needs but the images.

    Args:
        classifier: What is explained.
        method: Bound to the classifier's model.
        choice: The class whose score is explained.
        classes: How many the classifier has.
        output: Scale of the score.
        baseline: For methods that need one.
        runtime: Where it computes.
        rows: How many images go through the model at once.
    """

    def __init__(
        self,
        classifier: Classifier,
        method: AttributionMethod,
        choice: ClassChoice,
        classes: int,
        output: Output,
        baseline: Baseline | None,
        runtime: Runtime,
        rows: Rows,
    ) -> None:
        self.classifier = classifier
        self.method = method
        self.choice = choice
        self.classes = classes
        self.output = output
        self.baseline = baseline
        self.runtime = runtime
        self.rows = rows

    @property
    def batch_size(self) -> int:
        """Images at once: as many as rows, which all classes' maps or a path's points share."""
        share = self.classes if self._all else 1
        if self.baseline is not None and self.baseline.is_path:
            share = max(share, self.baseline.options.points)
        return max(1, self.rows.most // share)

    @property
    def _all(self) -> bool:
        return self.choice.against == "all"

    def explain(self, batch: Batch) -> AttributionRows:
        """Explain a batch, with fewer rows in a forward pass where it does not fit in memory.

        Raises:
            InputError: The model, the method or the choice of classes does not fit the batch.
            XaitoolError: Not even one row fits in memory.
        """
        inputs = self.runtime.place(batch.images)
        return self.rows.run(partial(self._explain, batch, inputs))

    def _explain(self, batch: Batch, inputs: Tensor, most: int) -> AttributionRows:
        logits = self.classifier.logits(inputs, most)
        score = self.choice.score(logits, batch.labels, self.output)
        result, baselines, extras = self._attribute(inputs, score, batch.attributes, most)
        return AttributionRows(
            attribution=result.values,
            label=batch.labels,
            prediction=logits,
            index=batch.indices,
            input=batch.images,
            target=score.target,
            against=torch.full_like(score.target, -1) if score.against is None else score.against,
            score_input=result.score_input,
            score_baseline=result.score_baseline,
            completeness_gap=result.completeness_gap,
            filename=batch.names,
            baseline=self._own_baseline(baselines),
            object_mask=batch.masks,
            sensitive=batch.attributes,
            path=self._shown_path(baselines),
            extra=result.extras | extras,
        )

    def _attribute(
        self, inputs: Tensor, score: Score, attributes: Tensor | None, most: int
    ) -> tuple[Attribution, Tensor | None, dict[str, Tensor]]:
        """The attribution, the baselines where all classes share them, and their classes."""
        drawn = DrawnBaselines(self.baseline, self.classifier.model, most)
        shared = self._is_path or not self._all
        baselines = drawn.draw(inputs, score, attributes) if shared else None
        if not self._all:
            result = self.method.attribute(inputs, score, baselines, rows=most)
            return result, baselines, drawn.extras()
        draw = drawn.draw if baselines is None else _drawn_already(baselines, score.target)
        result = self.method.attribute_against_all(inputs, score, self.classes, draw, rows=most)
        return result, baselines, drawn.extras_of_all(score.target, self.classes)

    @property
    def _is_path(self) -> bool:
        return self.baseline is not None and self.baseline.is_path

    def _own_baseline(self, baselines: Tensor | None) -> Tensor | None:
        """The baseline of each sample where it is one, or a path's first point.

        Shared references are kept once, apart.
        """
        if baselines is None or (baselines.shape[1] != 1 and not self._is_path):
            return None
        return None if isinstance(self.baseline, DatasetReferences) else baselines[:, 0]

    def _shown_path(self, baselines: Tensor | None) -> Tensor | None:
        """Some points of a path, evenly spaced, with both ends."""
        if baselines is None or not self._is_path or baselines.shape[1] == 1:
            return None
        shown = min(SHOWN_POINTS, baselines.shape[1])
        places = torch.linspace(0, baselines.shape[1] - 1, shown).round().long()
        return baselines[:, places.to(baselines.device)]


def _drawn_already(baselines: Tensor, target: Tensor) -> Callable[[Tensor, Score], Tensor | None]:
    """Gives baselines that do not depend on the second class to all targets but that class."""

    def draw(images: Tensor, score: Score) -> Tensor | None:
        assert score.against is not None
        return baselines[target != score.against[0]]

    return draw


@dataclass(frozen=True)
class ExplainedMaps:
    """How a method explains images.

    Attributes:
        values: ``(N, C, H, W)``, on the CPU.
        reached: Share of the baselines that the network puts into the second class; None where
            they stand for no class.
    """

    values: Tensor
    reached: float | None


class MapMaker:
    """Explains images, some at once, with fewer of them where memory is short.

    Args:
        explanation: The method and its options.
        rows: How many images go through a network at once.
        seed: Of methods that draw.
    """

    def __init__(self, explanation: Explanation, rows: Rows, seed: int) -> None:
        self.explanation = explanation
        self._rows = rows
        self._seed = seed

    def of(
        self,
        model: nn.Module,
        images: Tensor,
        score: Score,
        baseline: Baseline | None,
        attributes: Tensor | None = None,
    ) -> ExplainedMaps:
        """Explain a network.

        Args:
            model: The network.
            images: ``(N, C, H, W)`` in [0, 1], on its device.
            score: Their classes; on the scale that the explanation wants, whatever its own.
            baseline: For a method that wants one.
            attributes: Sensitive attributes of the images, int64 ``(N, A)``; None: a path infers
                them.
        """
        maps, hits = [], []
        path = baseline is not None and baseline.is_path
        share = baseline.options.points if path else 1  # type: ignore[union-attr]
        size = max(1, self._rows.most // share)
        for first in range(0, len(images), size):
            some = slice(first, first + size)
            part, reached_here = self._rows.run(
                partial(
                    self._attribute,
                    model,
                    images[some],
                    score.select(some),
                    baseline,
                    None if attributes is None else attributes[some],
                )
            )
            maps.append(part.cpu())
            hits += [] if reached_here is None else [reached_here]
        return ExplainedMaps(
            torch.cat(maps), torch.cat(hits).double().mean().item() if hits else None
        )

    def _attribute(
        self,
        model: nn.Module,
        images: Tensor,
        score: Score,
        baseline: Baseline | None,
        attributes: Tensor | None,
        most: int,
    ) -> tuple[Tensor, Tensor | None]:
        """Maps of some images, and which of their baselines are of the second class."""
        explanation = self.explanation
        score = replace(score, output=explanation.output)
        method = explanation.method(model, seed=self._seed, **explanation.method_options)
        references = hits = None
        if baseline is not None:
            references = baseline.for_samples(images, score, attributes, rows=most)
            if Need.SECOND_CLASS in baseline.needs and score.against is not None:
                hits = reached(model, references, score.against, rows=most)
        return method.attribute(images, score, references, rows=most).values, hits
