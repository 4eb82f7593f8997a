"""Adversarial gradient integration: gradients along steepest ascents to other classes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaitool.core.attribution.agi_paths import AscentRecord, FirstSteps, Walkers
from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.engine.class_sample import CHOICES, choose_classes
from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.batching import ROWS
from xaitool.core.gradients import gradients, logits_with_graph
from xaitool.core.score import Output, Score, on_scale
from xaitool.core.unit import unit
from xaitool.errors import ConfigError
from xaitool.options import Options, option

# Paths under way for each row of a batch. The more there are, the better they can be batched with
# others that arrive at the same step: a batch of such paths alone needs no more gradients.
_LINED_UP = 4


@dataclass(frozen=True, kw_only=True)
class AdversarialGradientIntegrationOptions(Options):
    """Options of `AdversarialGradientIntegration`."""

    epsilon: float = option(0.05, "Size of a step, in pixel values.", above=0, maximum=1)
    steps: int = option(20, "Most steps towards a class.", minimum=1)
    classes: int = option(20, "False classes chosen for each sample.", minimum=1)
    class_choice: str = option(
        "random",
        "How they are chosen: drawn, at equal distances as the authors' code does, or by the "
        "classifier's own weights.",
        choices=CHOICES,
        what="class choice",
    )
    class_list: tuple[int, ...] = option(
        (), "The classes themselves, by index, instead of a choice.", minimum=0, unit="CLASS,..."
    )
    step: str = option(
        "sign",
        "By the gradient's sign (algorithm 1), or by the gradient itself (equation 8).",
        choices=("sign", "gradient"),
        what="step",
    )
    path: str = option(
        "true",
        "Where a step starts and what is integrated: see the method.",
        choices=("true", "published", "straight"),
        what="path",
    )
    rule: str = option(
        "trapezoid",
        "How the gradient is taken on a step of the true path: mean of both ends, or its start "
        "as in the paper.",
        choices=("trapezoid", "left"),
        what="integration rule",
    )
    points: int | None = option(
        None, "Points on the straight path; default: as many as steps.", minimum=1
    )
    separate: bool = option(False, "Also keep the individual AGI of every class.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.class_list)) < len(self.class_list):
            listed = ",".join(map(str, self.class_list))
            raise ConfigError(f"--class-list is {listed}, but every class once is wanted")


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
    ``f_target(x)`` and ``f_target(x')`` and not the difference of the two classes. Many classes
    one by one are `class_list` with `separate`.

    ``step=gradient`` goes along the gradient itself, divided by its Euclidean length as in
    equation 8. The paper does not say how far; here it is as far as a sign step,
    ``epsilon * sqrt(C * H * W)``, so that epsilon is the root mean square change of a pixel value.

    ``path=published`` is the authors' code: every step starts at the original image,
    ``x_(k+1) = clamp(x + epsilon * sign(df_c/dx at x_k), 0, 1)``, and adds the gradient at x_k
    times ``x - x_(k+1)``. No path is integrated, so the gap is large, and no point is farther than
    one step from x, so fewer classes are reached. It does not use `rule`. Their `class_choice` is
    ``evenly-spaced``.

    ``path=straight`` is the ablation of figure 4: the end x'_c comes from the true path, and the
    gradient is integrated on the straight line from there to x by `IntegratedGradients` with
    `points` of the Gauss-Legendre rule. It does not use `rule`.

    Differences from the paper: values are averaged, it sums, so that they do not grow with the
    number of classes; a step is clamped to valid pixels and integrated as clamped; the rule
    ``trapezoid`` leaves a gap of order epsilon squared where ``left``, the printed algorithm,
    leaves one of order epsilon; the classes are drawn for each sample without replacement; each
    step of the true path starts where the last one ended, as printed.

    Extras: ``classes`` int64 ``(N, K)`` in the order chosen, all false classes if there are no
    more than `classes`, -1 where a listed or evenly spaced class is the target and left out;
    ``reached`` bool ``(N, K)``, whether the class is predicted at the path's end; ``class_steps``
    int64 ``(N, K)``, the steps taken. With `separate`, ``class_values`` ``(N, K, C, H, W)``, the
    individual AGI of each class, 0 for -1, and ``class_gap`` ``(N, K)``, the gap of each against
    ``f_target(x) - f_target(x'_c)``; `values` are their mean over the classes that are not -1.

    Raises:
        ModelError: The model has a single class, or no weights by which classes are near.
        ConfigError: A listed class does not exist, or is a sample's target and the only one.

    Example:
        >>> import torch
        >>> from xaitool.core.attribution.agi import AdversarialGradientIntegration
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(
        ...     torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        ...     torch.nn.Linear(288, 10),
        ... )
        >>> images = torch.rand(2, 3, 8, 8)
        >>> method = AdversarialGradientIntegration(model, epsilon=0.02, classes=5)
        >>> against_all = Score(model(images).argmax(1), output="probability")
        >>> result = method.attribute(images, against_all)
        >>> result.extras["reached"].shape
        torch.Size([2, 5])
        >>> bool((result.completeness_gap.abs() < 0.01).all())
        True
    """

    Options = AdversarialGradientIntegrationOptions
    default_output: ClassVar[Output] = "probability"

    def attribute_against_all(
        self,
        inputs: Tensor,
        score: Score,
        classes: int,
        draw: Callable[[Tensor, Score], Tensor | None],
        *,
        rows: int = ROWS,
    ) -> Attribution:
        """The individual AGI of every class, or of `class_list`; the first step is shared by all.

        See `AttributionMethod.attribute_against_all`. The mean is over the individual AGI of the
        classes, and nothing is drawn.
        """
        listed = self.options.class_list or tuple(range(classes))
        options = self.options.to_dict() | {"class_list": listed, "separate": True}
        method = type(self)(self.model, seed=self.seed, **options)
        return method.attribute(inputs, score, rows=rows)

    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        separate = self.options.separate
        classes = self._classes(inputs, score)
        record = AscentRecord.empty(inputs, classes, separate=separate, ends=self._straight)
        for start in range(0, len(inputs), rows):
            part = slice(start, start + rows)
            self._explain(inputs[part], score.select(part), record.part(part), rows)
        if self._straight:
            self._integrate_straight(inputs, score, record, rows)
        return record.attribution(separate=separate)

    def _classes(self, inputs: Tensor, score: Score) -> Tensor:
        if score.against is not None:
            return score.against[:, None]
        return choose_classes(
            self.model,
            inputs,
            score.target,
            choice=self.options.class_choice,
            count=self.options.classes,
            listed=self.options.class_list,
            seed=self.seed,
        )

    def _explain(self, inputs: Tensor, score: Score, record: AscentRecord, rows: int) -> None:
        start = self._first_look(inputs, score, record)
        waiting = record.waiting()
        walkers = self._set_off(start, waiting[:0], record)
        while len(waiting) or len(walkers):
            free = max(0, _LINED_UP * rows - len(walkers))
            walkers = walkers.joined(self._set_off(start, waiting[:free], record))
            waiting = waiting[free:]
            batches = walkers.nearest_first(rows)
            onward = [self._advance(batch, inputs, score, record) for batch in batches]
            walkers = onward[0].joined(*onward[1:])

    def _first_look(self, inputs: Tensor, score: Score, record: AscentRecord) -> FirstSteps:
        """All first steps of these samples from one forward pass."""
        point = inputs.detach().requires_grad_()
        logits = logits_with_graph(self.model, point)
        scores = _target_score(logits, score)
        slopes = None if self._straight else _gradient(scores, point)
        climbed = _climbed(logits, record.classes, score.output)
        directions = torch.empty(
            (*climbed.shape, *inputs.shape[1:]),
            dtype=torch.int8 if self.options.step == "sign" else inputs.dtype,
            device=inputs.device,
        )
        for column in range(climbed.shape[1]):
            directions[:, column] = self._direction(_gradient(climbed[:, column], point))
        record.score_input[:] = scores.detach()
        record.end_score[:] = scores.detach()[:, None]
        record.reached[:] = logits.argmax(1, keepdim=True) == record.classes
        return FirstSteps(inputs, slopes, directions, _behind(logits, record.classes))

    def _set_off(self, start: FirstSteps, pairs: Tensor, record: AscentRecord) -> Walkers:
        """The first step of these pairs of sample and class."""
        sample = pairs // record.classes.shape[1]
        return self._step(
            record,
            pairs,
            torch.zeros_like(pairs),
            start.behind.flatten()[pairs],
            start.points[sample],
            start.directions.flatten(0, 1)[pairs].to(start.points.dtype),
            None if start.slopes is None else start.slopes[sample],
        )

    def _advance(
        self, walkers: Walkers, inputs: Tensor, score: Score, record: AscentRecord
    ) -> Walkers:
        """Account for the end of the last step, and take the next where there is one."""
        sample = walkers.pair // record.classes.shape[1]
        classes = record.classes.flatten()[walkers.pair]
        point = walkers.point.requires_grad_()
        logits = logits_with_graph(self.model, point)
        scores = _target_score(logits, score.select(sample))
        slope = None
        if self._trapezoid:
            slope = _gradient(scores, point)
            record.add(walkers.pair, slope, walkers.moved / 2)
        arrived = logits.argmax(1) == classes
        record.note(walkers, scores.detach(), arrived)
        # The one host synchronisation of a step.
        onward = (~arrived & (walkers.taken < self.options.steps)).nonzero().squeeze(1)
        if len(onward) == 0:
            return walkers.select(onward)
        if 2 * len(onward) < len(walkers):
            # A forward pass of these few costs less than a backward pass of all.
            walkers, sample, classes = walkers.select(onward), sample[onward], classes[onward]
            slope = None if slope is None else slope[onward]
            point = walkers.point.requires_grad_()
            logits = logits_with_graph(self.model, point)
            scores = _target_score(logits, score.select(sample))
            onward = torch.arange(len(onward), device=onward.device)
        if not (self._trapezoid or self._straight):
            slope = _gradient(scores, point)
        ascent = _gradient(_climbed(logits, classes[:, None], score.output), point)
        begin = inputs[sample] if self.options.path == "published" else point.detach()
        return self._step(
            record,
            walkers.pair[onward],
            walkers.taken[onward],
            _behind(logits, classes[:, None]).squeeze(1)[onward],
            begin[onward],
            self._direction(ascent[onward]),
            None if slope is None else slope[onward],
        )

    def _integrate_straight(
        self, inputs: Tensor, score: Score, record: AscentRecord, rows: int
    ) -> None:
        points = self.options.points or self.options.steps
        line = IntegratedGradients(self.model, steps=points)
        target = Score(score.target, output=score.output)
        for column in range(record.ends.shape[1]):
            ends = record.ends[:, column : column + 1]
            values = line.attribute(inputs, target, ends, rows=rows).values
            record.values[:, column % record.values.shape[1]] += values

    def _direction(self, ascent: Tensor) -> Tensor:
        """Root mean square 1, or 0 where no pixel matters."""
        if self.options.step == "sign":
            return ascent.sign()
        return unit(ascent) * math.sqrt(ascent.shape[1:].numel())

    def _step(
        self,
        record: AscentRecord,
        pair: Tensor,
        taken: Tensor,
        behind: Tensor,
        begin: Tensor,
        direction: Tensor,
        slope: Tensor | None,
    ) -> Walkers:
        """A step of these pairs, of which the part of its beginning is integrated now."""
        end = (begin + self.options.epsilon * direction).clamp(0, 1)
        moved = end - begin
        if slope is not None:
            record.add(pair, slope, moved / 2 if self._trapezoid else moved)
        return Walkers(pair, taken + 1, behind, end, moved)

    @property
    def _straight(self) -> bool:
        return bool(self.options.path == "straight")

    @property
    def _trapezoid(self) -> bool:
        """Whether a step's end counts, besides its beginning."""
        return bool(self.options.path == "true" and self.options.rule == "trapezoid")


def _target_score(logits: Tensor, score: Score) -> Tensor:
    return Score(score.target, output=score.output)(logits)


def _climbed(logits: Tensor, classes: Tensor, output: Output) -> Tensor:
    # The gradients of a probability and of its logarithm have the same direction, but the first
    # vanishes where the probability underflows. No class is climbed as class 0, and then left out.
    values = on_scale(logits, "logit" if output == "logit" else "log-probability")
    return values.gather(1, classes.clamp(min=0))


def _behind(logits: Tensor, classes: Tensor) -> Tensor:
    values = logits.detach()
    return values.amax(1, keepdim=True) - values.gather(1, classes.clamp(min=0))


def _gradient(values: Tensor, point: Tensor) -> Tensor:
    (gradient,) = gradients(values.sum(), point, retain_graph=True)
    return gradient
