"""Adversarial gradient integration: gradients along steepest ascents to other classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.saliency import logits_with_graph
from xaitool.core.score import Output, Score, on_scale
from xaitool.core.seeding import sample_seeds
from xaitool.errors import ModelError
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class AdversarialGradientIntegrationOptions(Options):
    """Options of `AdversarialGradientIntegration`."""

    epsilon: float = option(0.05, "Size of a sign step, in pixel values.", above=0, maximum=1)
    steps: int = option(20, "Most steps towards a class.", minimum=1)
    classes: int = option(20, "False classes drawn for each sample.", minimum=1)
    rule: str = option(
        "trapezoid",
        "How the gradient is taken on a step: mean of both ends, or its start as in the paper.",
        choices=("trapezoid", "left"),
        what="integration rule",
    )


class AdversarialGradientIntegration(AttributionMethod):
    """Adversarial gradient integration, AGI (Pan et al. 2021, algorithms 1 and 2).

    For each of some false classes c the input climbs ``f_c`` by sign steps,
    ``x <- clamp(x + epsilon * sign(df_c/dx), 0, 1)``, until c is predicted or `steps` are done.
    The gradient of ``f_target`` is integrated back along that path, from its end x'_c to x, so
    positive values support the target. f is on the score's scale; the paper's is the softmax
    probability, hence `default_output`. Values are means over the classes, and
    ``completeness_gap = sum(values) - (f_target(x) - mean_c f_target(x'_c))``.

    A score with `against` gives the individual AGI of algorithm 1: `against` is the only class.
    The integrand stays ``f_target`` alone, so `score_input` and `score_baseline` are
    ``f_target(x)`` and ``f_target(x')`` and not the difference of the two classes.

    Differences from the paper: values are averaged, it sums, so that they do not grow with the
    number of classes; a step is clamped to valid pixels and integrated as clamped; the rule
    ``trapezoid`` leaves a gap of order epsilon squared where ``left``, the printed algorithm,
    leaves one of order epsilon; the classes are drawn for each sample without replacement. The
    authors' code takes every step from the original image, which is no path; here each starts
    where the last one ended.

    Extras: ``classes`` int64 ``(N, K)`` in the order drawn, all false classes if there are no
    more than `classes`; ``reached`` bool ``(N, K)``, whether the class is predicted at the
    path's end; ``class_steps`` int64 ``(N, K)``, the steps taken.

    Raises:
        ModelError: The model has a single class.
    """

    Options = AdversarialGradientIntegrationOptions
    default_output: ClassVar[Output] = "probability"

    def _attribute(self, inputs: Tensor, score: Score, baselines: Tensor | None) -> Attribution:
        record = _Record.empty(inputs, self._classes(inputs, score))
        for start in range(0, len(inputs), self.rows):
            part = slice(start, start + self.rows)
            self._explain(inputs[part], score.select(part), record.part(part))
        return record.attribution()

    def _classes(self, inputs: Tensor, score: Score) -> Tensor:
        if score.against is not None:
            return score.against[:, None]
        with torch.no_grad():
            logits = self.model(inputs[:1])
        others = logits.shape[-1] - 1
        if others < 1:
            raise ModelError(
                f"{type(self.model).__name__} has a single class, but AGI needs another to climb to"
            )
        drawn = torch.empty(len(inputs), min(self.options.classes, others), dtype=torch.int64)
        for row, seed in enumerate(sample_seeds(self.seed, inputs)):
            order = torch.randperm(others, generator=torch.Generator().manual_seed(seed))
            drawn[row] = order[: drawn.shape[1]]
        drawn = drawn.to(score.target.device)
        return drawn + (drawn >= score.target[:, None])

    def _explain(self, inputs: Tensor, score: Score, record: _Record) -> None:
        slopes, directions = self._first_look(inputs, score, record)
        waiting = (~record.reached).flatten().nonzero().squeeze(1)
        walkers = self._set_off(inputs, slopes, directions, waiting[:0])
        while len(waiting) or len(walkers):
            free = self.rows - len(walkers)
            walkers = walkers.joined(self._set_off(inputs, slopes, directions, waiting[:free]))
            waiting = waiting[free:]
            walkers = self._advance(walkers, score, record)

    def _first_look(self, inputs: Tensor, score: Score, record: _Record) -> tuple[Tensor, Tensor]:
        """All first steps of these samples from one forward pass.

        Returns:
            Gradient of ``f_target``, ``(n, C, H, W)``, and the sign of that of every class,
            int8 ``(n, K, C, H, W)``.
        """
        point = inputs.detach().requires_grad_()
        logits = logits_with_graph(self.model, point)
        scores = _target_score(logits, score)
        (slopes,) = torch.autograd.grad(scores.sum(), point, retain_graph=True)
        climbed = _climbed(logits, record.classes, score.output)
        directions = torch.empty(
            (*climbed.shape, *inputs.shape[1:]), dtype=torch.int8, device=inputs.device
        )
        for column in range(climbed.shape[1]):
            (ascent,) = torch.autograd.grad(climbed[:, column].sum(), point, retain_graph=True)
            directions[:, column] = ascent.sign()
        record.score_input[:] = scores.detach()
        record.end_score[:] = scores.detach()[:, None]
        record.reached[:] = logits.argmax(1, keepdim=True) == record.classes
        return slopes, directions

    def _set_off(
        self, inputs: Tensor, slopes: Tensor, directions: Tensor, pairs: Tensor
    ) -> _Walkers:
        """The first step of these pairs of sample and class."""
        sample = pairs // directions.shape[1]
        direction = directions.flatten(0, 1)[pairs].to(inputs.dtype)
        return self._step(pairs, torch.zeros_like(pairs), inputs[sample], direction, slopes[sample])

    def _advance(self, walkers: _Walkers, score: Score, record: _Record) -> _Walkers:
        """Account for the step that was taken last, and take the next where there is one."""
        sample = walkers.pair // record.classes.shape[1]
        classes = record.classes.flatten()[walkers.pair]
        point = walkers.point.requires_grad_()
        logits = logits_with_graph(self.model, point)
        scores = _target_score(logits, score.select(sample))
        (slope,) = torch.autograd.grad(scores.sum(), point, retain_graph=True)
        left = self.options.rule == "left"
        record.add(sample, walkers.slope if left else (walkers.slope + slope) / 2, walkers.moved)
        arrived = logits.argmax(1) == classes
        record.note(walkers, scores.detach(), arrived)
        # The one host synchronisation of a step.
        onward = (~arrived & (walkers.taken < self.options.steps)).nonzero().squeeze(1)
        if len(onward) == 0:
            return walkers.rows(onward)
        climbed = _climbed(logits, classes[:, None], score.output)
        (ascent,) = torch.autograd.grad(climbed.sum(), point)
        return self._step(
            walkers.pair[onward],
            walkers.taken[onward],
            point.detach()[onward],
            ascent[onward].sign(),
            slope[onward],
        )

    def _step(
        self, pair: Tensor, taken: Tensor, point: Tensor, direction: Tensor, slope: Tensor
    ) -> _Walkers:
        after = (point + self.options.epsilon * direction).clamp(0, 1)
        return _Walkers(pair, taken + 1, after, after - point, slope)


@dataclass
class _Walkers:
    """Paths under way, one a row, each just after a step.

    Attributes:
        pair: ``sample * K + column`` of the class.
        taken: Steps so far.
        point: Where it stands, ``(n, C, H, W)``.
        moved: The displacement of the last step.
        slope: Gradient of ``f_target`` where that step began.
    """

    pair: Tensor
    taken: Tensor
    point: Tensor
    moved: Tensor
    slope: Tensor

    def __len__(self) -> int:
        return len(self.pair)

    def rows(self, index: Tensor) -> _Walkers:
        return _Walkers(*(part[index] for part in self._parts()))

    def joined(self, others: _Walkers) -> _Walkers:
        pairs = zip(self._parts(), others._parts(), strict=True)
        return _Walkers(*(torch.cat(pair) for pair in pairs))

    def _parts(self) -> tuple[Tensor, ...]:
        return self.pair, self.taken, self.point, self.moved, self.slope


@dataclass
class _Record:
    """What is known of N samples and K classes each; filled in place."""

    values: Tensor
    score_input: Tensor
    classes: Tensor
    end_score: Tensor
    reached: Tensor
    steps: Tensor

    @classmethod
    def empty(cls, inputs: Tensor, classes: Tensor) -> _Record:
        return cls(
            torch.zeros_like(inputs),
            inputs.new_empty(len(inputs)),
            classes,
            inputs.new_empty(classes.shape),
            torch.empty_like(classes, dtype=torch.bool),
            torch.zeros_like(classes),
        )

    def part(self, samples: slice) -> _Record:
        """A view of some samples."""
        return _Record(
            self.values[samples],
            self.score_input[samples],
            self.classes[samples],
            self.end_score[samples],
            self.reached[samples],
            self.steps[samples],
        )

    def add(self, sample: Tensor, slope: Tensor, moved: Tensor) -> None:
        """Integrate one step; it is walked from x, and integrated towards x."""
        self.values.index_add_(0, sample, slope * moved, alpha=-1 / self.classes.shape[1])

    def note(self, walkers: _Walkers, scores: Tensor, arrived: Tensor) -> None:
        """Where these paths are now, which is their end unless they go on."""
        self.end_score.view(-1)[walkers.pair] = scores
        self.reached.view(-1)[walkers.pair] = arrived
        self.steps.view(-1)[walkers.pair] = walkers.taken

    def attribution(self) -> Attribution:
        score_baseline = self.end_score.mean(1)
        gap = self.values.flatten(1).sum(1) - (self.score_input - score_baseline)
        extras = {"classes": self.classes, "reached": self.reached, "class_steps": self.steps}
        return Attribution(self.values, self.score_input, score_baseline, gap, extras)


def _target_score(logits: Tensor, score: Score) -> Tensor:
    return Score(score.target, output=score.output)(logits)


def _climbed(logits: Tensor, classes: Tensor, output: Output) -> Tensor:
    # The gradients of a probability and of its logarithm have the same sign, but the first
    # vanishes where the probability underflows.
    values = on_scale(logits, "logit" if output == "logit" else "log-probability")
    return values.gather(1, classes)
