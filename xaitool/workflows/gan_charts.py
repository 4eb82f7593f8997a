"""Charts of trainings of GANs, repeats with other seeds drawn as one."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from xaitool.report.curves import Band, curve_picture
from xaitool.report.stacked_bars import stacked_bars
from xaitool.workflows.gan_convergence import Criteria, converged
from xaitool.workflows.seed_groups import SeedGroup

LABEL_WIDTH = 32  # letters in a line


@dataclass(frozen=True)
class SeedCurve:
    """A figure over the epochs of a group of runs.

    It ends with the shortest run, and has a gap where one of the runs was not measured, because a
    mean over other runs would jump.

    Attributes:
        label: The group's, in lines.
        mean: Of every epoch, over the runs.
        band: The smallest and the largest value of any run; None of a single run.
        mark: The epoch at which the runs have converged, on average, rounded; None where one of
            them has not.
    """

    label: str
    mean: list[float | None]
    band: Band | None
    mark: int | None


def seed_curve(group: SeedGroup, key: str, criteria: Criteria) -> SeedCurve:
    """The curve of a figure, such as ``fid``."""
    epochs = list(zip(*(member.values(key) for member in group.members), strict=False))
    low, mean, high = (
        [_of_all(statistic, values) for values in epochs]
        for statistic in (min, statistics.fmean, max)
    )
    ends = [converged(member, criteria) for member in group.members]
    end = _of_all(statistics.fmean, ends)
    return SeedCurve(
        label=_lines(group.label),
        mean=mean,
        band=(low, high) if len(group.members) > 1 else None,
        mark=None if end is None or end > len(mean) else round(end),
    )


def curves_picture(groups: Sequence[SeedGroup], key: str, criteria: Criteria) -> Image.Image | None:
    """A figure's curves on a logarithmic axis; None where no run has it.

    Args:
        groups: The runs.
        key: The figure, such as ``fid``.
        criteria: What counts as converged; diamonds show when.
    """
    curves = [seed_curve(group, key, criteria) for group in groups]
    curves = [curve for curve in curves if any(value is not None for value in curve.mean)]
    if not curves:
        return None
    marks = {curve.label: curve.mark for curve in curves if curve.mark is not None}
    return curve_picture(
        {curve.label: curve.mean for curve in curves},
        title=key.upper() + (", diamond: converged" if marks else ""),
        x_label="epoch",
        y_label=key.upper(),
        log=True,
        bands={curve.label: curve.band for curve in curves if curve.band is not None},
        marks=marks,
    )


def seconds_picture(groups: Sequence[SeedGroup]) -> Image.Image | None:
    """Seconds of all epochs, explanations apart; None where no run has them.

    Of repeats the mean is drawn, with a whisker of one standard deviation (n - 1) of their totals.
    """
    bars, spreads = {}, {}
    for group in groups:
        whole, explained = (
            [member.total(key, len(member.epochs)) for member in group.members]
            for key in ("train_seconds", "explain_seconds")
        )
        total, part = _of_all(statistics.fmean, whole), _of_all(statistics.fmean, explained)
        if total is None or part is None:
            continue
        bars[_lines(group.label)] = {"training": total - part, "explanations": part}
        if len(whole) > 1:
            spreads[_lines(group.label)] = _of_all(statistics.stdev, whole) or 0.0
    if not bars:
        return None
    return stacked_bars(bars, title="Time of training", x_label="seconds", spreads=spreads)


def _of_all(
    statistic: Callable[[list[float]], float], values: Sequence[float | None]
) -> float | None:
    known = [value for value in values if value is not None]
    return statistic(known) if len(known) == len(values) else None


def _lines(label: str) -> str:
    return textwrap.fill(label, LABEL_WIDTH)
