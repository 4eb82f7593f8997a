"""Which epoch of a training is kept as its best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Choice:
    """Which epoch becomes ``best.pt``.

    Attributes:
        metric: Its name in the epoch's metrics.
        better: Whether higher or lower is better.
        anew_after: After this epoch choosing begins anew, because those before trained something
            else; 0: never.
    """

    metric: str
    better: Literal["higher", "lower"]
    anew_after: int = 0

    def improves(self, value: float | None, best: float | None) -> bool:
        """Whether `value` beats `best`; an epoch that was not measured counts as better."""
        if value is None or best is None:
            return True
        return value > best if self.better == "higher" else value < best
