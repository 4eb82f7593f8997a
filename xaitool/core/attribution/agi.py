"""Adversarial gradient integration: gradients along steepest ascents to other classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaitool.core.attribution.agi_paths import Record, Walkers
from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.class_sample import CHOICES, choose_classes
from xaitool.core.attribution.integrated_gradients import IntegratedGradients
from xaitool.core.attribution.saliency import logits_with_graph
from xaitool.core.score import Output, Score, on_scale
from xaitool.core.unit import unit
from xaitool.errors import ConfigError
from xaitool.options import Options, option


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
    """

    Options = AdversarialGradientIntegrationOptions
    default_output: ClassVar[Output] = "probability"

    def _attribute(self, inputs: Tensor, score: Score, baselines: Tensor | None) -> Attribution:
        straight = self.options.path == "straight"
        separate = self.options.separate
        classes = self._classes(inputs, score)
        record = Record.empty(inputs, classes, separate=separate, ends=straight)
        for start in range(0, len(inputs), self.rows):
            part = slice(start, start + self.rows)
            self._explain(inputs[part], score.select(part), record.part(part))
        if straight:
            self._integrate_straight(inputs, score, record)
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

    def _explain(self, inputs: Tensor, score: Score, record: Record) -> None:
        slopes, directions = self._first_look(inputs, score, record)
        waiting = record.waiting()
        walkers = self._set_off(inputs, slopes, directions, waiting[:0])
        while len(waiting) or len(walkers):
            free = self.rows - len(walkers)
            walkers = walkers.joined(self._set_off(inputs, slopes, directions, waiting[:free]))
            waiting = waiting[free:]
            walkers = self._advance(walkers, inputs, score, record)

    def _first_look(self, inputs: Tensor, score: Score, record: Record) -> tuple[Tensor, Tensor]:
        """All first steps of these samples from one forward pass.

        Returns:
            Gradient of ``f_target``, ``(n, C, H, W)``, and the direction to every class,
            ``(n, K, C, H, W)``, int8 where it is a sign.
        """
        point = inputs.detach().requires_grad_()
        logits = logits_with_graph(self.model, point)
        scores = _target_score(logits, score)
        (slopes,) = torch.autograd.grad(scores.sum(), point, retain_graph=True)
        climbed = _climbed(logits, record.classes, score.output)
        directions = torch.empty(
            (*climbed.shape, *inputs.shape[1:]),
            dtype=torch.int8 if self.options.step == "sign" else inputs.dtype,
            device=inputs.device,
        )
        for column in range(climbed.shape[1]):
            (ascent,) = torch.autograd.grad(climbed[:, column].sum(), point, retain_graph=True)
            directions[:, column] = self._direction(ascent)
        record.score_input[:] = scores.detach()
        record.end_score[:] = scores.detach()[:, None]
        record.reached[:] = logits.argmax(1, keepdim=True) == record.classes
        return slopes, directions

    def _set_off(
        self, inputs: Tensor, slopes: Tensor, directions: Tensor, pairs: Tensor
    ) -> Walkers:
        """The first step of these pairs of sample and class."""
        sample = pairs // directions.shape[1]
        direction = directions.flatten(0, 1)[pairs].to(inputs.dtype)
        return self._step(pairs, torch.zeros_like(pairs), inputs[sample], direction, slopes[sample])

    def _advance(self, walkers: Walkers, inputs: Tensor, score: Score, record: Record) -> Walkers:
        """Account for the step that was taken last, and take the next where there is one."""
        sample = walkers.pair // record.classes.shape[1]
        classes = record.classes.flatten()[walkers.pair]
        point = walkers.point.requires_grad_()
        logits = logits_with_graph(self.model, point)
        scores = _target_score(logits, score.select(sample))
        (slope,) = torch.autograd.grad(scores.sum(), point, retain_graph=True)
        self._integrate(walkers, slope, record)
        arrived = logits.argmax(1) == classes
        record.note(walkers, scores.detach(), arrived)
        # The one host synchronisation of a step.
        onward = (~arrived & (walkers.taken < self.options.steps)).nonzero().squeeze(1)
        if len(onward) == 0:
            return walkers.rows(onward)
        climbed = _climbed(logits, classes[:, None], score.output)
        (ascent,) = torch.autograd.grad(climbed.sum(), point)
        published = self.options.path == "published"
        return self._step(
            walkers.pair[onward],
            walkers.taken[onward],
            inputs[sample[onward]] if published else point.detach()[onward],
            self._direction(ascent[onward]),
            slope[onward],
        )

    def _integrate(self, walkers: Walkers, slope: Tensor, record: Record) -> None:
        """Add the last step, at whose end the gradient of ``f_target`` is `slope`."""
        if self.options.path == "straight":
            return
        left = self.options.rule == "left" or self.options.path == "published"
        mean = walkers.slope if left else (walkers.slope + slope) / 2
        record.add(walkers.pair, mean, walkers.moved)

    def _integrate_straight(self, inputs: Tensor, score: Score, record: Record) -> None:
        points = self.options.points or self.options.steps
        line = IntegratedGradients(self.model, rows=self.rows, steps=points)
        target = Score(score.target, output=score.output)
        for column in range(record.ends.shape[1]):
            values = line.attribute(inputs, target, record.ends[:, column : column + 1]).values
            record.values[:, column % record.values.shape[1]] += values

    def _direction(self, ascent: Tensor) -> Tensor:
        """Root mean square 1, or 0 where no pixel matters."""
        if self.options.step == "sign":
            return ascent.sign()
        return unit(ascent) * math.sqrt(ascent.shape[1:].numel())

    def _step(
        self, pair: Tensor, taken: Tensor, start: Tensor, direction: Tensor, slope: Tensor
    ) -> Walkers:
        after = (start + self.options.epsilon * direction).clamp(0, 1)
        return Walkers(pair, taken + 1, after, after - start, slope)


def _target_score(logits: Tensor, score: Score) -> Tensor:
    return Score(score.target, output=score.output)(logits)


def _climbed(logits: Tensor, classes: Tensor, output: Output) -> Tensor:
    # The gradients of a probability and of its logarithm have the same direction, but the first
    # vanishes where the probability underflows. No class is climbed as class 0, and then left out.
    values = on_scale(logits, "logit" if output == "logit" else "log-probability")
    return values.gather(1, classes.clamp(min=0))
