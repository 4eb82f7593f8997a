"""DeepLIFT: differences from a baseline, propagated through the network by the rescale rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.engine.rescale import UNKNOWN_OPERATIONS, ForwardPass, Multipliers
from xaitool.core.score import Score
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class DeepLiftOptions(Options):
    """Options of DeepLIFT."""

    unknown_operations: str = option(
        "error",
        "What to do with an operation that has no rule, such as a product of two activations.",
        choices=UNKNOWN_OPERATIONS,
        what="treatment",
    )


class DeepLift(AttributionMethod):
    """``multiplier * (input - baseline)``, the mean over several baselines.

    Source: Shrikumar et al. 2017, rescale rule. The values sum to the difference of the scores, to
    rounding, for networks of linear operations, elementwise activations and maxima; others are
    refused, or explained with a gap if ``unknown_operations=gradient``. Explain logits: the paper
    (section 3.6) advises against the outputs of a softmax. Inside a network a softmax has no rule;
    the score's own has those of the functions in `Score.by_rules`, with no gap.

    A pair of input and baseline counts as two rows. References that all samples share (an expanded
    view, as most baselines are) pass once for all samples, or the samples once for all references,
    whichever are the more.

    Example:
        >>> import torch
        >>> from xaitool.core.attribution.deeplift import DeepLift
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(
        ...     torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        ...     torch.nn.Linear(288, 10),
        ... )
        >>> images = torch.rand(2, 3, 8, 8)
        >>> black = torch.zeros(2, 1, 3, 8, 8)
        >>> score = Score(torch.tensor([3, 3]), against=torch.tensor([5, 5]))
        >>> result = DeepLift(model).attribute(images, score, black)
        >>> bool((result.completeness_gap.abs() < 1e-5).all())
        True
    """

    Options = DeepLiftOptions
    needs_baseline = True

    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        references = cast(Tensor, baselines).detach().to(inputs)
        count = references.shape[1]
        values = torch.zeros_like(inputs)
        score_input = inputs.new_zeros(len(inputs))
        score_baseline = inputs.new_zeros(len(inputs))
        for block in self._blocks(inputs, references, score, max(1, rows // 2)):
            values[block.samples] += block.contributions.sum(1) / count
            score_input[block.samples] = block.score_input[:, 0]
            score_baseline[block.samples] += block.score_reference.sum(1) / count
        gap = values.flatten(1).sum(1) - (score_input - score_baseline)
        return Attribution(values, score_input, score_baseline, gap)

    def _blocks(
        self, inputs: Tensor, references: Tensor, score: Score, pairs: int
    ) -> Iterator[_Block]:
        """All inputs against all references, at most `pairs` of them at once."""
        strict = self.options.unknown_operations == "error"
        shared = len(inputs) == 1 or references.stride(0) == 0
        if shared and len(inputs) >= references.shape[1]:
            return self._inputs_pass_once(inputs, references[0], score, pairs, strict)
        if shared and strict:  # a gradient would be the one at the references
            return self._references_pass_once(inputs, references[0], score, pairs)
        return self._pairs_pass(inputs, references, score, pairs, strict)

    def _pairs_pass(
        self, inputs: Tensor, references: Tensor, score: Score, pairs: int, strict: bool
    ) -> Iterator[_Block]:
        for samples in _slices(len(inputs), pairs // references.shape[1]):
            for some in _slices(references.shape[1], pairs):
                others = references[samples, some]
                images = inputs[samples].unsqueeze(1).expand_as(others)
                passed = ForwardPass(self.model, images.flatten(0, 1), strict=strict)
                of_pairs = score.select(samples).repeat(others.shape[1])
                result = passed.against(others.flatten(0, 1), of_pairs.by_rules)
                yield _block(samples, images - others, result)

    def _inputs_pass_once(
        self, inputs: Tensor, references: Tensor, score: Score, pairs: int, strict: bool
    ) -> Iterator[_Block]:
        for samples in _slices(len(inputs), pairs):
            images, own = inputs[samples], score.select(samples)
            passed = None
            for some in _slices(len(references), pairs // len(images)):
                others = references[some]
                if passed is None or passed.count != len(images) * len(others):
                    tiled = images.repeat(len(others), 1, 1, 1)
                    passed = ForwardPass(self.model, tiled, strict=strict)
                each = torch.arange(len(images), device=images.device).repeat(len(others))
                result = passed.against(others, own.select(each).by_rules)
                yield _block(samples, images - others.unsqueeze(1), result, references_first=True)

    def _references_pass_once(
        self, inputs: Tensor, references: Tensor, score: Score, pairs: int
    ) -> Iterator[_Block]:
        for some in _slices(len(references), pairs):
            others = references[some]
            passed = None
            for samples in _slices(len(inputs), pairs // len(others)):
                images = inputs[samples]
                if passed is None or passed.count != len(images) * len(others):
                    tiled = others.repeat(len(images), 1, 1, 1)
                    passed = ForwardPass(self.model, tiled, as_references=True)
                result = passed.against(images, score.select(samples).repeat(len(others)).by_rules)
                yield _block(samples, images.unsqueeze(1) - others, result)


class _Block(NamedTuple):
    """Results of n samples against r references each: ``(n, r, ...)``."""

    samples: slice
    contributions: Tensor
    score_input: Tensor
    score_reference: Tensor


def _block(
    samples: slice, difference: Tensor, result: Multipliers, *, references_first: bool = False
) -> _Block:
    shape = difference.shape[:2]
    parts = (
        result.multiplier.view_as(difference) * difference,
        result.score_input.view(shape),
        result.score_reference.view(shape),
    )
    return _Block(samples, *(one.transpose(0, 1) if references_first else one for one in parts))


def _slices(count: int, step: int) -> Iterator[slice]:
    step = max(1, step)
    return (slice(first, first + step) for first in range(0, count, step))
