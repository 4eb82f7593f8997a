"""When a generator is guided, and how strongly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GuidanceSchedule:
    """Epochs and steps that are guided (LogicGAN, section 6.1: alternating with plain training).

    Attributes:
        start: First guided epoch, from 1.
        stop: Last guided epoch; None: the last of all.
        every: Of so many steps the first is guided.
        anneal: Whether the strength falls linearly to 0 from the beginning of `start` to the end
            of `stop`, which is then wanted.
    """

    start: int = 1
    stop: int | None = None
    every: int = 1
    anneal: bool = False

    def share(self, step: int, steps_per_epoch: int) -> float | None:
        """Which share of the mask's strength a step has; None: it is not guided.

        Args:
            step: Counted from 0 over the whole training.
            steps_per_epoch: How many an epoch has.
        """
        epoch = step // steps_per_epoch + 1
        if epoch < self.start or (self.stop is not None and epoch > self.stop):
            return None
        if step % self.every:
            return None
        if not self.anneal or self.stop is None:
            return 1.0
        first = (self.start - 1) * steps_per_epoch
        return 1 - (step - first) / (self.stop * steps_per_epoch - first)
