"""Mean and covariance of features, gathered batch by batch."""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor

from xaitool.errors import ShapeError


class StreamedStatistics:
    """A mean in float64 and the scatter about it, which can be kept and read again.

    Attributes:
        count: Samples seen.
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean = torch.zeros(0, dtype=torch.float64)
        self._scatter = torch.zeros(0, dtype=torch.float64)

    def to_dict(self) -> dict[str, Tensor]:
        """The state as CPU tensors, for a cache."""
        return {
            "count": torch.tensor(self.count),
            "mean": self._mean.cpu(),
            "scatter": self._scatter.cpu(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The inverse of `to_dict`; the result is on the device of the tensors.

        Raises:
            ShapeError: The state does not come from `to_dict`.
        """
        if set(state) != {"count", "mean", "scatter"}:
            raise ShapeError(
                f"statistics have the keys {sorted(state)}, but count, mean and scatter are wanted"
            )
        statistics = cls()
        statistics.count = int(state["count"])
        statistics._mean, statistics._scatter = state["mean"], state["scatter"]
        return statistics


class FeatureStatistics(StreamedStatistics):
    """Streaming mean and covariance in float64, stable however far the mean is from zero.

    Batches are joined by the pairwise update of Chan, Golub and LeVeque (1979), so the order and
    the size of batches change the result only by rounding, and parts that were gathered by
    several processes can be merged. Everything stays on the device of the first batch, except on
    MPS, which has no float64: there it is kept on the CPU.

    Attributes:
        count: Samples seen.
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean = torch.zeros(0, dtype=torch.float64)
        self._scatter = torch.zeros(0, 0, dtype=torch.float64)

    def update(self, features: Tensor) -> None:
        """Add a batch, without waiting for the device.

        Args:
            features: ``(B, D)``, floating; B may be 0.

        Raises:
            ShapeError: `features` is not floating ``(B, D)``, or D differs from earlier batches.
        """
        if features.ndim != 2 or not features.is_floating_point():
            raise ShapeError(
                f"features are {features.dtype} {tuple(features.shape)}, "
                "but floating (samples, features) is wanted"
            )
        if len(features) == 0:
            return
        values = in_double(features.detach())
        mean = values.mean(0)
        centred = values - mean
        self._join(len(values), mean, centred.T @ centred)

    @property
    def mean(self) -> Tensor:
        """float64 ``(D,)``; D is 0 before the first sample."""
        return self._mean

    @property
    def covariance(self) -> Tensor:
        """float64 ``(D, D)``, divided by ``count - 1``.

        Raises:
            ShapeError: Fewer than two samples were seen.
        """
        if self.count < 2:
            raise ShapeError(f"the features have {self.count} samples, but at least 2 are wanted")
        return self._scatter / (self.count - 1)

    def _join(self, count: int, mean: Tensor, scatter: Tensor) -> None:
        if self.count == 0:
            self.count, self._mean, self._scatter = count, mean, scatter
            return
        if len(mean) != len(self._mean):
            raise ShapeError(
                f"the features have {len(mean)} columns, but {len(self._mean)} are wanted"
            )
        total = self.count + count
        shift = mean.to(self._mean.device) - self._mean
        # Never in place: the tensors may be shared with a caller or another set.
        scatter = self._scatter + scatter.to(self._scatter.device)
        self._scatter = scatter.addr(shift, shift, alpha=self.count * count / total)
        self._mean = self._mean + shift * (count / total)
        self.count = total


def in_double(values: Tensor) -> Tensor:
    """The same values in float64, on the CPU where the device (MPS) has no float64."""
    return values.to("cpu" if values.device.type == "mps" else values.device).double()
