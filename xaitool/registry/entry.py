"""What the registry knows of a name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Entry:
    """One named thing.

    Attributes:
        target: ``module:name``, relative to the package ``xaitool``.
        summary: One line for people.
        source: Paper or origin.
        options: ``module:name`` of the options that may follow the name, as in
            ``celeba:crop=178``; empty where none do.
    """

    target: str
    summary: str
    source: str
    options: str = ""

    def beside(self, other: Self) -> Self:
        """This one, with the summary and source of another of the same name."""
        return replace(
            self,
            summary=f"{self.summary}, or {other.summary}",
            source=f"{self.source}; {other.source}",
        )


@dataclass(frozen=True)
class Drawing:
    """A picture of rows.

    Attributes:
        title: Above it.
        quantity: What its values are, with the unit. Metrics of one drawing share a picture.
        picture: ``module:name`` of what draws it, a `Draw`.
        together: Whether artifacts of a kind share it, too.
    """

    title: str
    quantity: str
    picture: str = "workflows.evaluation.value_picture:draw_values"
    together: bool = True


@dataclass(frozen=True)
class Metric(Entry):
    """What ``evaluate --metric`` measures of artifacts of one kind.

    Attributes:
        target: What measures it: from an artifact's path, the names of metrics and the run's
            context to rows. Where there is a `measure`, what that asks for this metric alone.
        reads: The options of ``evaluate`` that make a difference to it, beside those of every run.
        measure: ``module:name`` of what measures all metrics that name it by one pass over the
            data; empty where the target measures alone.
        unasked: Whether it is measured where no metric is asked for.
        compares: Whether it sees all artifacts of the kind at once: its target is called with all
            paths and the run's context, and unasked only of several runs.
        drawing: How its rows become a picture for ``--out``; None: what measures it draws itself,
            because rows do not say enough.
    """

    reads: tuple[str, ...] = ()
    measure: str = ""
    unasked: bool = False
    compares: bool = False
    drawing: Drawing | None = None
