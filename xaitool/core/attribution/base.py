"""What every attribution method shares: the contract, its checks, and its promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xaitool.core.batching import ROWS, check_rows
from xaitool.core.frozen.untouched import untouched
from xaitool.core.frozen.users_model import guarded
from xaitool.core.score import Output, Score
from xaitool.errors import ShapeError
from xaitool.options import NoOptions, Options


@dataclass(frozen=True, eq=False)
class Attribution:
    """The result of a method for N samples.

    Attributes:
        values: Signed contributions in units of the score, ``(N, C, H, W)``, detached, never
            normalised.
        score_input: Score at the input, ``(N,)``.
        score_baseline: Score at the baseline (a mean over several), ``(N,)``; NaN where the
            method has no baseline.
        completeness_gap: ``sum(values) - (score_input - score_baseline)``, ``(N,)``; NaN where the
            method promises none.
        extras: Method-specific tensors whose first dimension is N.
        score: What was explained; filled in by `AttributionMethod.attribute`.
    """

    values: Tensor
    score_input: Tensor
    score_baseline: Tensor
    completeness_gap: Tensor
    extras: dict[str, Tensor] = field(default_factory=dict)
    score: Score | None = None


class AttributionMethod(ABC):
    """A method bound to a model and its options.

    Args:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``. It is explained in eval
            mode with frozen parameters and left exactly as it was.
        seed: The run's seed for methods that draw.
        **options: The fields of `Options`.

    Attributes:
        Options: What a user may set.
        needs_baseline: Whether it compares with references.
        follows_path: Whether a sample's references are the points of one path, in order.
        default_baseline: The registered baseline that is taken where none is asked for.
        default_output: Scale of the score that is explained where none is asked for.

    Raises:
        ConfigError: An option is unknown or out of range.

    Example:
        Every method is used like this one; those whose `needs_baseline` is true want references.

        >>> import torch
        >>> from xaitool.core.attribution.integrated_gradients import IntegratedGradients
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(
        ...     torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        ...     torch.nn.Linear(288, 10),
        ... )
        >>> images = torch.rand(2, 3, 8, 8)
        >>> black = torch.zeros(2, 1, 3, 8, 8)
        >>> score = Score(torch.tensor([3, 3]), against=torch.tensor([5, 5]))
        >>> method = IntegratedGradients(model, steps=100)
        >>> result = method.attribute(images, score, black, rows=16)
        >>> result.values.shape
        torch.Size([2, 3, 8, 8])
        >>> bool((result.completeness_gap.abs() < 0.01).all())
        True
    """

    Options: ClassVar[type[Options]] = NoOptions
    needs_baseline: ClassVar[bool] = False
    follows_path: ClassVar[bool] = False
    default_baseline: ClassVar[str] = "zero"
    default_output: ClassVar[Output] = "logit"

    def __init__(self, model: nn.Module, *, seed: int = 0, **options: Any) -> None:
        self.model: nn.Module = guarded(model)
        self.seed = seed
        self.options: Any = self.Options.from_mapping(options, source=type(self).__name__)

    def attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None = None, *, rows: int = ROWS
    ) -> Attribution:
        """Explain a batch.

        Args:
            inputs: ``(N, C, H, W)``, floating, in [0, 1].
            score: What is explained, for these N samples; of none the result has no extras.
            baselines: ``(N, R, C, H, W)``, R references a sample; wanted by methods whose
                `needs_baseline` is true, ignored by the others.
            rows: Largest number of images in one forward pass: the memory budget. It does not
                change the result beyond rounding.

        Raises:
            ShapeError: A shape does not fit.
            ConfigError: `rows` is below 1.
        """
        check_rows(rows)
        self._check(inputs, score, baselines)
        if not len(inputs):
            return _nothing(inputs, score)
        # Gradients are wanted, in the dtype of the inputs, whatever the caller is in the middle of.
        plain = torch.autocast(inputs.device.type, enabled=False)
        with torch.inference_mode(False), plain, untouched(self.model):
            against = None if score.against is None else _usable(score.against)
            own = replace(score, target=_usable(score.target), against=against)
            references = None if baselines is None else _usable(baselines)
            result = self._attribute(_usable(inputs), own, references, rows)
        return replace(result, score=score)

    def attribute_against_all(
        self,
        inputs: Tensor,
        score: Score,
        classes: int,
        draw: Callable[[Tensor, Score], Tensor | None],
        *,
        rows: int = ROWS,
    ) -> Attribution:
        """Explain a batch once against every other class.

        Args:
            inputs: ``(N, C, H, W)``, floating, in [0, 1].
            score: The targets' own score, with no `against`, for these N samples.
            classes: K, how many classes the model has.
            draw: From images and their one-vs-one score to baselines, such as
                ``Baseline.for_images``; None for methods without one.
            rows: As of `attribute`.

        Returns:
            Means over the K - 1 one-vs-one attributions, and among the extras each of them:
            ``classes`` int64 ``(N, K)``, -1 for the target itself, ``class_values``
            ``(N, K, C, H, W)`` and ``class_gap`` ``(N, K)``, both 0 there.

        Raises:
            ShapeError: A shape does not fit.
            ConfigError: `rows` is below 1.
        """
        chosen = torch.arange(classes, device=score.target.device).expand(len(inputs), -1)
        chosen = chosen.masked_fill(chosen == score.target[:, None], -1)
        values = inputs.new_zeros(len(inputs), classes, *inputs.shape[1:])
        # One column each: score at the input, score at the baseline, gap.
        sums = inputs.new_zeros(3, len(inputs), classes)
        for label in range(classes):
            sample = (chosen[:, label] == label).nonzero().squeeze(1)
            if not len(sample):
                continue
            one = Score(score.target[sample], chosen[sample, label], score.output)
            images = inputs[sample]
            part = self.attribute(images, one, draw(images, one), rows=rows)
            values[sample, label] = part.values
            facts = (part.score_input, part.score_baseline, part.completeness_gap)
            sums[:, sample, label] = torch.stack(facts)
        score_input, score_baseline, gap = sums.sum(2) / (classes - 1)
        extras = {"classes": chosen, "class_values": values, "class_gap": sums[2]}
        mean = values.sum(1) / (classes - 1)
        return Attribution(mean, score_input, score_baseline, gap, extras, score)

    @abstractmethod
    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        """Explain a checked batch on a frozen model in eval mode."""

    def _check(self, inputs: Tensor, score: Score, baselines: Tensor | None) -> None:
        if inputs.ndim != 4 or not inputs.is_floating_point():
            raise ShapeError(
                f"inputs are {inputs.dtype} {tuple(inputs.shape)}, "
                "but floating (N, C, H, W) is wanted"
            )
        if len(score) != len(inputs):
            raise ShapeError(
                f"the score has {len(score)} samples, but there are {len(inputs)} inputs"
            )
        if not self.needs_baseline:
            return
        if baselines is None:
            raise ShapeError(f"{type(self).__name__} has no baselines, but it needs them")
        wanted = (len(inputs), *inputs.shape[1:])
        if baselines.ndim != 5 or (len(baselines), *baselines.shape[2:]) != wanted:
            raise ShapeError(
                f"baselines are {tuple(baselines.shape)}, but {('N', 'R', *wanted[1:])} with "
                f"N = {len(inputs)} is wanted"
            )


def _nothing(inputs: Tensor, score: Score) -> Attribution:
    """Of no images; what a method tells besides, nobody can know."""
    none = inputs.new_empty(0)
    return Attribution(torch.empty_like(inputs), none, none, none, score=score)


def is_silent(values: Tensor, score_input: Tensor, score_baseline: Tensor) -> Tensor:
    """Whether values are 0 everywhere although the score is not that of the baseline, bool
    ``(N,)``.

    Args:
        values: ``(N, C, H, W)``.
        score_input: ``(N,)``.
        score_baseline: ``(N,)``; NaN where the method has no baseline, and so any score is another.
    """
    nothing = (values == 0).flatten(1).all(1)
    return nothing & ~torch.isclose(score_input, score_baseline, rtol=1e-5, atol=1e-6)


def _usable(tensor: Tensor) -> Tensor:
    """Detached; autograd refuses what was made in inference mode."""
    return tensor.clone() if tensor.is_inference() else tensor.detach()
