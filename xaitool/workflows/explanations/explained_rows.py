"""Images explained batch by batch, as the rows that an attribution file keeps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial

from torch import Tensor

from xaitool.core.score import Score
from xaitool.errors import InputError
from xaitool.io.attribution_layout import AttributionRows
from xaitool.workflows.explanations.explainer import Explainer
from xaitool.workflows.explanations.file_rows import file_rows
from xaitool.workflows.explanations.images import Batch, ExplainedImages, each_that_can
from xaitool.workflows.explanations.plan import MethodSetup
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.runtime import Runtime

ScoreOf = Callable[[Tensor, Batch], Score]
"""From logits ``(N, K)`` of a batch to what is explained of it."""


class ExplainedRows:
    """A method with its baseline, and the images that it explains.

    An image that cannot be explained is named, and may be left out.

    Args:
        setup: The method.
        explainer: It, bound to the classifier.
        classifier: What is explained.
        images: The images.
        score_of: Their classes.
        runtime: Where it computes.
        on_error: ``stop`` or ``skip``.
        targets: How many classes of an image are explained, each by itself.
    """

    def __init__(
        self,
        setup: MethodSetup,
        explainer: Explainer,
        classifier: Classifier,
        images: ExplainedImages,
        score_of: ScoreOf,
        runtime: Runtime,
        on_error: str,
        *,
        targets: int = 1,
    ) -> None:
        self._setup = setup
        self._explainer = explainer
        self._classifier = classifier
        self._images = images
        self._score_of = score_of
        self._runtime = runtime
        self._on_error = on_error
        self._targets = targets

    def all(self, done: Collection[int] = ()) -> Iterator[AttributionRows]:
        """Rows of all images, as many at once as fit; those of an image stand together.

        Args:
            done: Places of images that are left out.

        Raises:
            InputError: An image cannot be explained and may not be left out.
        """
        size = max(1, self._explainer.batch_size // self._targets)
        for batch in self._images.batches(size, done=done):
            yield from self._finite(batch)

    def _finite(self, batch: Batch) -> Iterator[AttributionRows]:
        for _, rows in each_that_can(batch, self._explained, self._refuse):
            finite = rows.attribution.flatten(1).isfinite().all(1) & rows.score_input.isfinite()
            for row in (~finite).nonzero().flatten().tolist():
                self._refuse(
                    rows.filename[row],
                    "its attribution has NaN or infinite values, but finite ones are wanted",
                )
            if finite.any():
                yield rows.select(finite)

    def _explained(self, batch: Batch) -> AttributionRows:
        inputs = self._runtime.place(batch.images)
        logits = self._explainer.rows.run(partial(self._classifier.logits, inputs))
        score = self._score_of(logits, batch)
        if (targets := self._targets) > 1:
            batch = batch.repeated(targets)
            inputs, logits = (one.repeat_interleave(targets, 0) for one in (inputs, logits))
        explained = self._explainer.explain(inputs, score, batch.attributes)
        return file_rows(batch, logits, score, explained, self._explainer.baseline, targets)

    def _refuse(self, name: str, why: InputError | str) -> None:
        hint = why.hint if isinstance(why, InputError) else None
        reason = f"image '{name}' cannot be explained by {self._setup.title}: {why}"
        self._images.leave_out(reason, self._on_error, hint=hint)
