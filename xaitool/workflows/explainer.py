"""Explains one batch after another with a method, a model and a choice of classes."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.baselines.base import Baseline
from xaitool.core.baselines.dataset import DatasetReferences
from xaitool.core.score import Output, Score
from xaitool.io.attribution_layout import AttributionRows
from xaitool.workflows.class_choice import ClassChoice
from xaitool.workflows.classifier import Classifier
from xaitool.workflows.drawn_baselines import DrawnBaselines
from xaitool.workflows.explained_images import Batch
from xaitool.workflows.progress import Reporter
from xaitool.workflows.runtime import Runtime, with_smaller_batches


class Explainer:
    """Everything that an explanation needs but the images.

    Args:
        classifier: What is explained.
        method: Bound to the classifier's model; its ``rows`` shrink when memory is short.
        choice: The class whose score is explained.
        classes: How many the classifier has.
        output: Scale of the score.
        baseline: For methods that need one.
        runtime: Where it computes.
        reporter: Told when memory is short.
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
        reporter: Reporter,
    ) -> None:
        self.classifier = classifier
        self.method = method
        self.choice = choice
        self.classes = classes
        self.output = output
        self.baseline = baseline
        self.runtime = runtime
        self.reporter = reporter

    @property
    def batch_size(self) -> int:
        """Images at once: as many as rows, but the maps of all classes share their memory."""
        return max(1, self.method.rows // self.classes) if self._all else self.method.rows

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
        rows, self.method.rows = with_smaller_batches(
            lambda most: self._explain(batch, inputs, most),
            self.method.rows,
            lambda most: self.reporter.warning(f"out of memory: going on with {most} rows"),
        )
        return rows

    def _explain(self, batch: Batch, inputs: Tensor, most: int) -> AttributionRows:
        self.method.rows = most
        logits = self.classifier.logits(inputs, most)
        score = self.choice.score(logits, batch.labels, self.output)
        result, baselines, extras = self._attribute(inputs, score)
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
            extra=result.extras | extras,
        )

    def _attribute(
        self, inputs: Tensor, score: Score
    ) -> tuple[Attribution, Tensor | None, dict[str, Tensor]]:
        """The attribution, the baselines where all classes share them, and their classes."""
        drawn = DrawnBaselines(self.baseline, self.classifier.model, self.method.rows)
        if self._all:
            result = self.method.attribute_against_all(inputs, score, self.classes, drawn.draw)
            return result, None, drawn.extras_of_all(score.target, self.classes)
        baselines = drawn.draw(inputs, score)
        return self.method.attribute(inputs, score, baselines), baselines, drawn.extras()

    def _own_baseline(self, baselines: Tensor | None) -> Tensor | None:
        """The baseline of each sample where it is one; shared references are kept once, apart."""
        if baselines is None or baselines.shape[1] != 1:
            return None
        return None if isinstance(self.baseline, DatasetReferences) else baselines[:, 0]
