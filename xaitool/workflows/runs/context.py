"""What the steps of a command share: its options, where it computes, and whom it tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

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
