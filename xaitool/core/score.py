"""The scalar that is explained: one number a sample, computed from a classifier's logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.errors import ShapeError, UnknownNameError

# Beyond it an exponential, or the sum of thousands of them, overflows.
_MOST_LEAD = {torch.float64: 690.0, torch.float32: 75.0}

Output = Literal["logit", "probability", "log-probability"]


@dataclass(frozen=True)
class Score:
    """``S_target``, or the one-vs-one difference ``S_target - S_against``, for each sample.

    With one output column (a GAN's discriminator) a probability is the sigmoid of the logit; a
    softmax over a single column would be the constant 1.

    Attributes:
        target: Class per sample, int64 ``(N,)``.
        against: Second class per sample, int64 ``(N,)``, or None.
        output: Scale on which the score lives. A probability is in [0, 1], the two others are
            unbounded.

    Raises:
        UnknownNameError: There is no such scale.

    Example:
        >>> import torch
        >>> import xaitool
        >>> logits = torch.tensor([[2.0, 0.5, -1.0]])
        >>> xaitool.Score(torch.tensor([0]), against=torch.tensor([2]))(logits)
        tensor([3.])
        >>> xaitool.Score(torch.tensor([0]), output="probability")(torch.zeros(1, 4))
        tensor([0.2500])
    """

    target: Tensor
    against: Tensor | None = None
    output: Output = "logit"

    def __post_init__(self) -> None:
        if self.output not in get_args(Output):
            raise UnknownNameError("score", str(self.output), get_args(Output))

    def __call__(self, logits: Tensor) -> Tensor:
        """Compute the score.

        Args:
            logits: ``(N, K)`` with N equal to ``len(target)``.

        Returns:
            ``(N,)``, differentiable.

        Raises:
            ShapeError: `logits` is not ``(N, K)``.
        """
        if logits.ndim != 2 or len(logits) != len(self.target):
            raise ShapeError(
                f"the model's output is {tuple(logits.shape)}, "
                f"but ({len(self.target)}, classes) is wanted"
            )
        values = on_scale(logits, self.output)
        score = values.gather(1, self.target[:, None]).squeeze(1)
        if self.against is not None:
            score = score - values.gather(1, self.against[:, None]).squeeze(1)
        return score

    def by_rules(self, logits: Tensor) -> Tensor:
        """The same number from functions that are linear or elementwise: DeepLIFT has their rules.

        ``p_t = 1 / s`` and ``log p_t = -log(s)`` with ``s = sum_k exp(z_k - z_t)``, in float64
        where the device has it, so that the exponential overflows for no logits of a classifier.

        Args:
            logits: As for a call.

        Raises:
            ShapeError: As for a call.
        """
        if self.output == "logit" or logits.ndim != 2 or logits.shape[1] == 1:
            return self(logits)
        score = self._of_class(logits, self.target)
        return score if self.against is None else score - self._of_class(logits, self.against)

    def _of_class(self, logits: Tensor, label: Tensor) -> Tensor:
        precise = logits.float() if logits.device.type == "mps" else logits.double()
        lead = precise - precise.gather(1, label[:, None])
        total = lead.clamp(max=_MOST_LEAD[lead.dtype]).exp().sum(1)
        score = total.reciprocal() if self.output == "probability" else -total.log()
        return score.to(logits.dtype)

    def __len__(self) -> int:
        return len(self.target)

    def select(self, rows: Tensor | slice) -> Score:
        """The score of some samples, by slice, index or boolean mask."""
        against = None if self.against is None else self.against[rows]
        return Score(self.target[rows], against, self.output)

    def repeat(self, times: int) -> Score:
        """Each sample `times` times in a row, as ``Tensor.repeat_interleave`` does."""
        rows = torch.arange(len(self), device=self.target.device).repeat_interleave(times)
        return self.select(rows)


def are_probabilities(logits: Tensor) -> bool:
    """Whether what should be logits ``(N, K)`` looks like a softmax: in [0, 1], rows of sum 1."""
    several = logits.shape[1] > 1
    return several and bool((logits >= 0).all() and ((logits.sum(1) - 1).abs() < 1e-4).all())


def on_scale(logits: Tensor, output: Output) -> Tensor:
    """Put logits ``(N, K)`` on the scale `output`, numerically safe, same shape."""
    if output == "logit":
        return logits
    if logits.shape[1] == 1:
        return torch.sigmoid(logits) if output == "probability" else F.logsigmoid(logits)
    return logits.softmax(1) if output == "probability" else logits.log_softmax(1)
