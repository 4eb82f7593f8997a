"""The classes that a call from Python asks about, checked against what the model answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xaitool.core.frozen.untouched import untouched
from xaitool.core.frozen.users_model import UsersClassifier
from xaitool.core.score import Output, Score
from xaitool.errors import (
    ConfigError,
    DataError,
    ModelError,
    ShapeError,
    XaitoolError,
    is_out_of_memory,
)
from xaitool.workflows.explanations.class_choice import TOP, top_classes

Classes = int | Sequence[int] | NDArray[np.integer] | Tensor


def checked_logits(model: UsersClassifier, inputs: Tensor, rows: int) -> Tensor:
    """Logits ``(N, K)`` of inputs ``(N, C, H, W)``, at most `rows` of them in a forward pass.

    Raises:
        ModelError: The model fails, or returns something else, or NaN or infinity.
    """
    try:
        with untouched(model) as own, torch.no_grad():
            logits = torch.cat([own(part) for part in inputs.split(rows)])
    except Exception as error:
        if is_out_of_memory(error) or isinstance(error, XaitoolError):
            raise
        raise ModelError(
            f"the model fails on {inputs.dtype} {tuple(inputs.shape)} on {inputs.device} "
            f"({' '.join(str(error).split())[:200]}), but logits are wanted"
        ) from error
    if logits.ndim != 2 or len(logits) != len(inputs):
        raise ModelError(
            f"the model returns {tuple(logits.shape)}, but logits ({len(inputs)}, classes) "
            "are wanted"
        )
    if not logits.isfinite().all():
        raise ModelError("the model returns NaN or infinity, but finite logits are wanted")
    with untouched(model):
        if model.is_sigmoid(inputs[:1], logits):
            raise ModelError(
                "the model ends in a sigmoid, so it returns a probability, but a logit is wanted",
                hint="remove its sigmoid",
            )
    return logits


def chosen_score(
    logits: Tensor,
    target: Classes | str | None,
    against: Classes | Literal["second"] | None,
    output: Output,
) -> Score:
    """The score of the classes that are asked about; those of a sample side by side.

    Args:
        logits: What the model answers, ``(N, K)``.
        target: One for all or one a sample; ``top5``: each of the five most probable ones of a
            sample; None: the predicted one.
        against: The same of the second class, or ``second``: the most probable one but the target.
        output: Scale of the score.

    Raises:
        ConfigError: They are no classes of the model.
        ShapeError: They are not as many as the samples.
        DataError: A class is held against itself.
    """
    first, times = _targets(target, logits), target_count(target)
    if against is None:
        return Score(first, None, output)
    if isinstance(against, str) and against == "second":
        others = logits.repeat_interleave(times, 0).scatter(1, first[:, None], -torch.inf)
        return Score(first, others.argmax(1), output)
    second = _classes("against", against, logits).repeat_interleave(times, 0)
    if (second == first).any():
        raise DataError(
            f"against is {int(second[second == first][0])}, which is the target too, but another "
            "class is wanted",
            hint="against='second'",
        )
    return Score(first, second, output)


def target_count(target: Classes | str | None) -> int:
    """How many classes of each sample are asked about."""
    top = TOP.fullmatch(target) if isinstance(target, str) else None
    return 1 if top is None else int(top[1])


def _targets(target: Classes | str | None, logits: Tensor) -> Tensor:
    if target is None:
        return logits.argmax(1)
    if not isinstance(target, str):
        return _classes("target", target, logits)
    if not TOP.fullmatch(target):
        raise ConfigError(f"target is {target!r}, but whole numbers, or such as 'top5', are wanted")
    if target_count(target) > logits.shape[1]:
        raise ConfigError(f"target is {target!r}, but the model has {logits.shape[1]} classes")
    return top_classes(logits, target_count(target)).flatten()


def _classes(name: str, wanted: Classes, logits: Tensor) -> Tensor:
    samples, count = logits.shape
    try:
        classes = torch.as_tensor(wanted, device=logits.device)
        torch.iinfo(classes.dtype)
    except (TypeError, ValueError, RuntimeError):
        raise ConfigError(f"{name} is {wanted!r}, but whole numbers are wanted") from None
    if classes.ndim == 0:
        classes = classes.expand(samples)
    if classes.shape != (samples,):
        raise ShapeError(
            f"{name} is {tuple(classes.shape)}, but one class, or one for each of {samples} "
            "inputs, is wanted"
        )
    outside = classes[(classes < 0) | (classes >= count)]
    if len(outside):
        raise ConfigError(
            f"{name} is {int(outside[0])}, but the model's classes are 0 to {count - 1}"
        )
    return classes.long()
