"""Attributions of given images and classes, by any method, of any network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.score import Score
from xaitool.workflows.explanations.baseline_hits import ReachedCount, count_reached
from xaitool.workflows.explanations.explainer import ExplainedBatch, Explainer


@dataclass(frozen=True)
class AttributionValues:
    """How a method explains images.

    Attributes:
        values: ``(N, C, H, W)``, on the CPU.
        reached: Share of the baselines that the network puts into the second class; None where
            they stand for no class, or the network was not asked.
    """

    values: Tensor
    reached: float | None


def explained_attributions(
    explainer: Explainer, images: Tensor, score: Score, attributes: Tensor | None = None
) -> AttributionValues:
    """Explain images.

    Args:
        explainer: The method, bound to the network.
        images: ``(N, C, H, W)`` in [0, 1], where the network is.
        score: Their classes.
        attributes: Their sensitive attributes, int64 ``(N, A)``; None: a path infers them.
    """
    values, found = [], []
    for part in explainer.batches(images, score, attributes):
        values.append(part.attribution.values.cpu())
        found += _reached(part)
    hits, count = sum(one.hits for one in found), sum(one.count for one in found)
    return AttributionValues(torch.cat(values), hits / count if count else None)


def _reached(part: ExplainedBatch) -> list[ReachedCount]:
    prediction, score = part.attribution.extras.get("baseline_prediction"), part.attribution.score
    if prediction is None or score is None or score.against is None:
        return []
    return [count_reached(prediction, score.against, None)]
