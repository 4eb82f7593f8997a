"""What an attribution file keeps of a batch that was explained."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.baselines.base import Baseline
from xaitool.core.baselines.dataset import DatasetReferences
from xaitool.core.score import Score
from xaitool.io.attribution_layout import AttributionRows
from xaitool.workflows.explanations.explainer import ExplainedBatch
from xaitool.workflows.explanations.images import Batch
from xaitool.workflows.explanations.network_answer import likeliest

# Of a path, in a picture; with the input and the attribution they fill two lines.
SHOWN_POINTS = 9


def file_rows(
    batch: Batch,
    logits: Tensor,
    score: Score,
    explained: ExplainedBatch,
    baseline: Baseline | None,
    targets: int = 1,
) -> AttributionRows:
    """A row of the file for each image and each of its targets.

    Args:
        batch: The images, each as often as it has targets.
        logits: What the model answers, ``(N, K)``.
        score: What was explained of them.
        explained: How.
        baseline: What drew the baselines; None without.
        targets: How many each image has.
    """
    found, baselines = explained.attribution, explained.baselines
    top_classes, top_probabilities = likeliest(logits, targets)
    return AttributionRows(
        attribution=found.values,
        label=batch.labels,
        prediction=logits,
        index=batch.indices,
        input=batch.images,
        target=score.target,
        against=torch.full_like(score.target, -1) if score.against is None else score.against,
        score_input=found.score_input,
        score_baseline=found.score_baseline,
        completeness_gap=found.completeness_gap,
        filename=batch.names,
        baseline=_own_baseline(baselines, baseline),
        object_mask=batch.masks,
        sensitive=batch.attributes,
        top_classes=top_classes,
        top_probabilities=top_probabilities,
        path=_shown_path(baselines, baseline),
        extra=found.extras,
    )


def _own_baseline(baselines: Tensor | None, baseline: Baseline | None) -> Tensor | None:
    """The baseline of each sample where it is one, or a path's first point.

    Shared references are kept once, apart.
    """
    if baselines is None or baseline is None or isinstance(baseline, DatasetReferences):
        return None
    return baselines[:, 0] if baselines.shape[1] == 1 or baseline.is_path else None


def _shown_path(baselines: Tensor | None, baseline: Baseline | None) -> Tensor | None:
    """Some points of a path, evenly spaced, with both ends."""
    if baselines is None or baseline is None or not baseline.is_path or baselines.shape[1] == 1:
        return None
    shown = min(SHOWN_POINTS, baselines.shape[1])
    places = torch.linspace(0, baselines.shape[1] - 1, shown).round().long()
    return baselines[:, places.to(baselines.device)]
