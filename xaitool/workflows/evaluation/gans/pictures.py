"""Pictures and curves of trainings of GANs, one beside the other."""

from __future__ import annotations

import re
import statistics
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from xaitool.errors import ArtifactError, ConfigError
from xaitool.io.folders import check_out_folder
from xaitool.report.curves import Band, curve_figure
from xaitool.report.picture_table import picture_table
from xaitool.report.stacked_bars import stacked_bars
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.gans.histories import Criteria, GanHistory, SeedGroup, converged
from xaitool.workflows.runs.pictures import write_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = ("convergence-fid", "convergence-kid", "convergence-seconds")


class GanPictures:
    """`FIGURES` in ``--out``, and ``samples.png``.

    Without ``--out`` there are none; nor is one of what no run measured.

    Args:
        config: Where they go, and whether they replace what is there.

    Raises:
        ConfigError: They cannot go there.
    """

    def __init__(self, config: EvaluateConfig) -> None:
        self._folder = config.out
        self._overwrite = config.overwrite
        self._format = config.figure_format
        if config.out is None:
            return
        check_out_folder(config.out)
        names = ["samples.png", *(f"{name}.{config.figure_format}" for name in FIGURES)]
        taken = [config.out / name for name in names if (config.out / name).exists()]
        if taken and not config.overwrite:
            raise ConfigError(
                f"{taken[0]} exists, but a new file was asked for",
                hint="replace it with --overwrite",
            )

    def write(
        self, histories: Sequence[GanHistory], groups: Sequence[SeedGroup], criteria: Criteria
    ) -> Iterator[Path]:
        """Write them, curves and bars a group, samples a run.

        Args:
            histories: The runs.
            groups: The same, together where they differ only in their seed.
            criteria: What counts as converged, which the curves mark.

        Yields:
            Each picture's path.

        Raises:
            ArtifactError: A run's own picture is damaged.
        """
        if self._folder is None:
            return
        pictures = {
            "samples.png": _samples(histories),
            f"convergence-fid.{self._format}": curves_of(groups, "fid", criteria),
            f"convergence-kid.{self._format}": curves_of(groups, "kid", criteria),
            f"convergence-seconds.{self._format}": seconds_of(groups),
        }
        for name, picture in pictures.items():
            if picture is not None:
                write_picture(self._folder / name, picture, overwrite=self._overwrite)
                yield self._folder / name


def _samples(histories: Sequence[GanHistory]) -> Image.Image | None:
    files = {history.path: sample_files(history.path) for history in histories}
    moments = chosen_moments(list({moment for own in files.values() for moment in own}))
    if not moments:
        return None
    names = [history.name for history in histories]
    rows = {
        history.name if names.count(history.name) == 1 else str(history.path): [
            read_picture(own[moment]) if moment in own else None for moment in moments
        ]
        for history, own in zip(histories, files.values(), strict=True)
    }
    return picture_table(rows, [str(moment) for moment in moments])


QUANTITIES = {
    "fid": "FID, Fréchet distance of features",
    "kid": "KID, kernel distance of features",
}
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


def curves_of(groups: Sequence[SeedGroup], key: str, criteria: Criteria) -> Figure | None:
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
    return curve_figure(
        {curve.label: curve.mean for curve in curves},
        title=f"{key.upper()}: lower is better" + ("; diamond: converged" if marks else ""),
        x_label="epoch",
        y_label=QUANTITIES[key],
        log=True,
        bands={curve.label: curve.band for curve in curves if curve.band is not None},
        marks=marks,
    )


def seconds_of(groups: Sequence[SeedGroup]) -> Figure | None:
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
    return stacked_bars(
        bars, title="Time of training", x_label="time (seconds)", y_label="run", spreads=spreads
    )


def _of_all(
    statistic: Callable[[list[float]], float], values: Sequence[float | None]
) -> float | None:
    known = [value for value in values if value is not None]
    return statistic(known) if len(known) == len(values) else None


def _lines(label: str) -> str:
    return textwrap.fill(label, LABEL_WIDTH)


MOST_EPOCHS = 5
NAME = re.compile(r"epoch-(\d+)(?:-step-(\d+))?\.png")


@dataclass(frozen=True, order=True)
class Moment:
    """When a grid was made.

    Attributes:
        epoch: 1-based; while it was trained, or at its end.
        at_end: Whether it was at its end.
        step: Steps done; 0 at an epoch's end.
    """

    epoch: int
    at_end: bool
    step: int

    def __str__(self) -> str:
        return f"epoch {self.epoch}" if self.at_end else f"epoch {self.epoch}, step {self.step}"


def sample_files(run: Path) -> dict[Moment, Path]:
    """The grids of a run, by when they were made; files of other names are left out."""
    matches = [(NAME.fullmatch(file.name), file) for file in (run / "samples").glob("*.png")]
    return {
        Moment(int(match[1]), match[2] is None, int(match[2] or 0)): file
        for match, file in matches
        if match
    }


def chosen_moments(moments: Sequence[Moment]) -> list[Moment]:
    """A few that show how a training went.

    Args:
        moments: All there are.

    Returns:
        At most two inside epochs, the earliest and the latest, and at most five ends of epochs:
        the first, the last, and between them such that each has about the same ratio to the one
        before, because early epochs change most.
    """
    inside = sorted(moment for moment in moments if not moment.at_end)
    ends = sorted(moment for moment in moments if moment.at_end)
    return sorted({*inside[:1], *inside[-1:], *_geometric(ends)})


def read_picture(path: Path) -> Image.Image:
    """Read one.

    Raises:
        ArtifactError: It is damaged.
    """
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise ArtifactError(f"{path} is damaged, but a PNG file is wanted") from error


def _geometric(ends: Sequence[Moment]) -> list[Moment]:
    if len(ends) <= MOST_EPOCHS:
        return list(ends)
    first, last = ends[0].epoch, ends[-1].epoch
    wanted = [first * (last / first) ** (part / (MOST_EPOCHS - 1)) for part in range(MOST_EPOCHS)]
    return [min(ends, key=lambda end: abs(end.epoch - place)) for place in wanted]
