"""Tries a model before the long work: what it cannot do, and what people should know of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.score import are_probabilities
from xaitool.errors import ModelError
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.runtime import Runtime

SIDES = (28, 32, 64, 96, 128, 224, 256, 299, 384, 512)
"""Those that classifiers are made for."""

SAME_CALL = 1e-5
SAME_IMAGE = 1e-3
"""Differences relative to the largest logit: of equal calls, and of batches of other sizes."""


@dataclass(frozen=True)
class Probe:
    """What a trial of a model showed.

    Attributes:
        class_count: Its classes.
        warnings: What is odd but no error, one line each.
    """

    class_count: int
    warnings: tuple[str, ...]


def probe(classifier: Classifier, shape: tuple[int, ...], runtime: Runtime) -> Probe:
    """Try a model on two images, twice, and on one of them alone.

    Log-probabilities in place of logits are not warned of: ``log_softmax`` leaves them as they are,
    so that probability and log-probability scores, and one-vs-one differences, are the same.

    Args:
        classifier: The model.
        shape: ``(C, H, W)`` of its images.
        runtime: Where it computes.

    Raises:
        ModelError: It fails on such images, or does not return finite logits; the hint names
            images that it takes, where some are found.
        ConfigError: Its classes are not as many as their names.
    """
    images = runtime.place(_two_images(shape))
    try:
        logits = classifier.tried(images)
    except ModelError as error:
        if error.__cause__ is None:  # it answered, though with no logits
            raise
        hint = _other_images(classifier, shape, runtime)
        raise ModelError(str(error), hint=hint) from error.__cause__
    return Probe(
        classifier.checked_count(logits),
        (*classifier.warnings, *_findings(classifier, images, logits)),
    )


def _findings(classifier: Classifier, images: Tensor, logits: Tensor) -> Iterator[str]:
    if are_probabilities(logits):
        yield (
            f"model {classifier.source} returns probabilities, but logits are wanted: its scores "
            "are squashed twice; remove its softmax"
        )
    again = _difference(classifier.tried(images), logits)
    if again > SAME_CALL:
        yield (
            f"model {classifier.source} is not deterministic: its logits for one image differ by "
            f"{again:.1g} of the largest from call to call"
        )
        return
    alone = _difference(classifier.tried(images[:1]), logits[:1])
    if alone > SAME_IMAGE:
        yield (
            f"model {classifier.source} looks at the whole batch: its logits for one image differ "
            f"by {alone:.1g} of the largest when another is beside it"
        )


def _two_images(shape: tuple[int, ...]) -> Tensor:
    # Not blank: a model that standardises each image would divide by zero.
    ramp = torch.linspace(0, 1, math.prod(shape)).view(shape)
    return torch.stack([ramp, (20 * ramp).sin() ** 2])


def _difference(logits: Tensor, others: Tensor) -> float:
    scale = others.abs().max().clamp(min=torch.finfo(others.dtype).tiny)
    return float((logits - others).abs().max() / scale)


def _other_images(classifier: Classifier, shape: tuple[int, ...], runtime: Runtime) -> str | None:
    channels, side, _ = shape
    other = 4 - channels
    candidates = [(other, side)]
    candidates += [(count, size) for count in (channels, other) for size in SIDES]
    for count, size in candidates:
        if _takes(classifier, (count, size, size), runtime):
            flags = [f"--channels {count}"] * (count != channels)
            flags += [f"--input-size {size}"] * (size != side)
            return f"it takes {count}x{size}x{size}: {' '.join(flags)}"
    return None


def _takes(classifier: Classifier, shape: tuple[int, int, int], runtime: Runtime) -> bool:
    try:
        classifier.logits(runtime.place(_two_images(shape)[:1]), 1)
    except Exception:  # a user's model raises anything
        return False
    return True
