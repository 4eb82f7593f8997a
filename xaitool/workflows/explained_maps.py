"""Maps of given images and scores by one method, of whatever network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from xaitool.core.baselines.base import Baseline
from xaitool.core.baselines.reached import reached
from xaitool.core.score import Score
from xaitool.workflows.explanations import Explanation
from xaitool.workflows.progress import Reporter
from xaitool.workflows.runtime import with_smaller_batches


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
        rows: Largest number of images in one forward pass.
        seed: Of methods that draw.
        reporter: Told when memory is short.
    """

    def __init__(self, explanation: Explanation, rows: int, seed: int, reporter: Reporter) -> None:
        self.explanation = explanation
        self._rows = rows
        self._seed = seed
        self._reporter = reporter

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
        size = max(1, self._rows // share)
        for first in range(0, len(images), size):
            some = slice(first, first + size)
            (part, reached_here), self._rows = with_smaller_batches(
                lambda most, some=some: self._attribute(  # type: ignore[misc]
                    model,
                    images[some],
                    score.select(some),
                    baseline,
                    None if attributes is None else attributes[some],
                    most,
                ),
                self._rows,
                lambda most: self._reporter.warning(f"out of memory: going on with {most} rows"),
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
        method = explanation.method(model, rows=most, seed=self._seed, **explanation.method_options)
        references = hits = None
        if baseline is not None:
            baseline.rows = most
            references = baseline.for_samples(images, score, attributes)
            if baseline.needs_against and score.against is not None:
                hits = reached(model, references, score.against, rows=most)
        return method.attribute(images, score, references).values, hits
