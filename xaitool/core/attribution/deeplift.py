"""DeepLIFT: differences from a baseline, propagated through the network by the rescale rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from xaitool.core.attribution import rescale
from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.score import Score
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class DeepLiftOptions(Options):
    """Options of DeepLIFT."""

    unknown_operations: str = option(
        "error",
        "What to do with an operation that has no rule, such as a product of two activations.",
        choices=rescale.UNKNOWN_OPERATIONS,
        what="treatment",
    )


class DeepLift(AttributionMethod):
    """``multiplier * (input - baseline)``, the mean over several baselines.

    Source: Shrikumar et al. 2017, rescale rule. The values sum to the difference of the scores, to
    rounding, for networks of linear operations, elementwise activations and max pooling; others are
    refused, or explained with a gap if ``unknown_operations=gradient``. Explain logits: the paper
    (section 3.6) advises against the outputs of a softmax, and a softmax has no rule here.

    A pair of input and baseline counts as two rows.
    """

    Options = DeepLiftOptions
    needs_baseline = True

    def _attribute(self, inputs: Tensor, score: Score, baselines: Tensor | None) -> Attribution:
        references = cast(Tensor, baselines).detach()
        count = references.shape[1]
        values = torch.zeros_like(inputs)
        score_input = inputs.new_zeros(len(inputs))
        score_baseline = inputs.new_zeros(len(inputs))
        for samples, others in self._blocks(len(inputs), count):
            block = references[samples, others]
            difference, result = self._pairs(inputs[samples], block, score.select(samples))
            contributions = (result.multiplier * difference).reshape(block.shape)
            values[samples] += contributions.sum(1) / count
            score_input[samples] = result.score_input.reshape(block.shape[:2])[:, 0]
            total = result.score_reference.reshape(block.shape[:2]).sum(1)
            score_baseline[samples] += total / count
        gap = values.flatten(1).sum(1) - (score_input - score_baseline)
        return Attribution(values, score_input, score_baseline, gap)

    def _blocks(self, samples: int, references: int) -> Iterator[tuple[slice, slice]]:
        pairs = max(1, self.rows // 2)
        step = max(1, pairs // references)
        for first in range(0, samples, step):
            for other in range(0, references, pairs):
                yield slice(first, first + step), slice(other, other + pairs)

    def _pairs(
        self, inputs: Tensor, block: Tensor, score: Score
    ) -> tuple[Tensor, rescale.Multipliers]:
        images = inputs.unsqueeze(1).expand_as(block).flatten(0, 1)
        references = block.to(images).flatten(0, 1)
        result = rescale.multipliers(
            self.model,
            images,
            references,
            score.repeat(block.shape[1]),
            unknown_operations=self.options.unknown_operations,
        )
        return images - references, result
