"""What every attribution method shares: the contract, its checks, and its promises."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xaitool.core.score import Output, Score
from xaitool.errors import ShapeError
from xaitool.options import Options


@dataclass(frozen=True, kw_only=True)
class NoOptions(Options):
    """For a method that has none."""


@dataclass(frozen=True)
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
    """

    values: Tensor
    score_input: Tensor
    score_baseline: Tensor
    completeness_gap: Tensor
    extras: dict[str, Tensor] = field(default_factory=dict)


class AttributionMethod(ABC):
    """A method bound to a model and its options.

    Args:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``. It is explained in eval
            mode with frozen parameters and left exactly as it was.
        rows: Largest number of images in one forward pass: the memory budget. It does not change
            the result beyond rounding.
        seed: The run's seed for methods that draw.
        **options: The fields of `Options`.

    Raises:
        ConfigError: An option is unknown or out of range.
    """

    Options: ClassVar[type[Options]] = NoOptions
    needs_baseline: ClassVar[bool] = False
    default_baseline: ClassVar[str] = "zero"
    default_output: ClassVar[Output] = "logit"

    def __init__(self, model: nn.Module, *, rows: int = 64, seed: int = 0, **options: Any) -> None:
        self.model = model
        self.rows = rows
        self.seed = seed
        self.options: Any = self.Options.from_mapping(options, source=type(self).__name__)

    def attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None = None
    ) -> Attribution:
        """Explain a batch.

        Args:
            inputs: ``(N, C, H, W)``, floating, in [0, 1].
            score: What is explained, for these N samples.
            baselines: ``(N, R, C, H, W)``, R references a sample; wanted by methods whose
                `needs_baseline` is true, ignored by the others.

        Raises:
            ShapeError: A shape does not fit.
        """
        self._check(inputs, score, baselines)
        with untouched(self.model):
            return self._attribute(inputs.detach(), score, baselines)

    @abstractmethod
    def _attribute(self, inputs: Tensor, score: Score, baselines: Tensor | None) -> Attribution:
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


@contextlib.contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Put a model in eval mode with frozen parameters; restore every mode and flag after."""
    modes = [(module, module.training) for module in model.modules()]
    flags = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    try:
        model.eval()
        model.requires_grad_(False)
        with torch.enable_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training
        for parameter, requires_grad in flags:
            parameter.requires_grad_(requires_grad)
