"""What the steps of a command share: its options, where it computes, and whom it tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from xaitool.core.memory import Rows
from xaitool.options import Options
from xaitool.workflows.runs.progress import Reporter
from xaitool.workflows.runs.runtime import Runtime

Config = TypeVar("Config", bound=Options, covariant=True)


@dataclass(frozen=True)
class Context(Generic[Config]):
    """One run of a command.

    Attributes:
        config: The options.
        runtime: Where it computes.
        reporter: Hears of progress, and of what a person should know.
    """

    config: Config
    runtime: Runtime
    reporter: Reporter

    def rows(self, pixels: int, wanted: int | None) -> Rows:
        """How many images go through a network at once; the reporter hears where they are fewer.

        Args:
            pixels: Numbers in one image.
            wanted: ``--batch-size``, or None: as the device likes it.
        """
        return Rows(self.runtime.rows(pixels, wanted), self.reporter.warning)
