"""Class weights λ of the LGL-INR paper's equation 1, from how many samples each class has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from xaitool.errors import ConfigError, DataError, UnknownNameError

DEFAULT_OVERLAP = 0.9999

SCHEMES: dict[str, Callable[[Tensor], Tensor]] = {
    "inverse-frequency": lambda counts: 1 / counts,
    "square-root-inverse-frequency": lambda counts: counts.rsqrt(),
    "effective-number": lambda counts: _effective_number(counts, DEFAULT_OVERLAP),
}
"""Name to weights up to a factor, of counts that are at least 1, float64."""


def parse_class_weights(text: str, counts: Tensor, classes: Sequence[str]) -> Tensor | None:
    """What ``--class-weights`` means for a training set.

    Weights of a named scheme are divided by their mean over the training samples,
    ``sum_k N_k λ_k = N``, so that neither the scale of the loss nor a good learning rate changes
    with the scheme. Weights that are written out are taken as they are.

    Args:
        text: ``none``; ``inverse-frequency``, 1 / N_k; ``square-root-inverse-frequency``,
            N_k^-1/2 (Mahajan et al. 2018); ``effective-number``, (1 - β) / (1 - β^N_k) with
            β = 0.9999, or ``effective-number:β`` (Cui et al. 2019, who divide by the mean over
            the classes instead); or one number a class, ``w0,w1,...``.
        counts: int64 ``(K,)``, training samples of each class.
        classes: Their names.

    Returns:
        float64 ``(K,)`` on the CPU, or None for ``none``.

    Raises:
        ConfigError: Written weights are no numbers, negative, all 0 or of the wrong number, or β
            is not within (0, 1).
        DataError: A class has no sample, so that a scheme has no weight for it.
        UnknownNameError: There is no such scheme.
    """
    if text == "none":
        return None
    if text[:1].isdigit() or "," in text or text[:1] in "-.":
        return _written(text, len(classes))
    scheme = _scheme(text)
    counts = counts.to("cpu", torch.float64)
    if (counts == 0).any():
        name = classes[int((counts == 0).nonzero()[0])]
        raise DataError(
            f"class '{name}' has no training sample, but --class-weights {text} wants at least 1",
            hint="--classes leaves a class out; weights can be written out, one a class",
        )
    weights = scheme(counts)
    return weights * (counts.sum() / (counts * weights).sum())


def _scheme(text: str) -> Callable[[Tensor], Tensor]:
    name, colon, beta = text.partition(":")
    if name == "effective-number" and colon:
        overlap = _overlap(beta)
        return lambda counts: _effective_number(counts, overlap)
    if text not in SCHEMES:
        raise UnknownNameError(
            "class weights", text, ["none", *SCHEMES], also=", or one number a class: w0,w1,..."
        )
    return SCHEMES[text]


def _overlap(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise ConfigError(
            f"--class-weights effective-number has β {text}, but a number within (0, 1) is wanted"
        )
    return value


def _effective_number(counts: Tensor, overlap: float) -> Tensor:
    beta = torch.tensor(overlap, dtype=torch.float64)
    # 1 - β^n without cancellation for β near 1.
    return (1 - beta) / -torch.expm1(counts * beta.log())


def _written(text: str, classes: int) -> Tensor:
    parts = text.split(",")
    if len(parts) != classes:
        raise ConfigError(
            f"--class-weights has {len(parts)} weights, but {classes}, one a class, are wanted"
        )
    try:
        weights = torch.tensor([float(part) for part in parts], dtype=torch.float64)
    except ValueError:
        raise ConfigError(f"--class-weights is {text}, but numbers are wanted") from None
    if not weights.isfinite().all() or (weights < 0).any() or not weights.any():
        raise ConfigError(
            f"--class-weights is {text}, but finite weights of at least 0, not all 0, are wanted"
        )
    return weights
