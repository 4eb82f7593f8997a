"""Options of ``explain``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, cast

from xaitool import registry
from xaitool.options import option
from xaitool.options.reader import Reader
from xaitool.report.renderings import Rendering
from xaitool.workflows.configs.common import out_option
from xaitool.workflows.configs.explanation import (
    ExplanationOptions,
    compared_baselines,
)


@dataclass(frozen=True, kw_only=True)
class ExplainConfig(ExplanationOptions):
    """Attribute a classifier's score to the pixels of images.

    Example:
        Why a mistake was made is asked against the label.

        >>> import xaitool
        >>> config = xaitool.ExplainConfig(model="run", dataset="digits", only="misclassified")
        >>> config.target, config.held_against
        ('predicted', 'label')
    """

    main: ClassVar[tuple[str, ...]] = ("images", "dataset", "out", "method", "baseline", "model")

    images: tuple[Path, ...] = option(
        (),
        "Image files, folders of them, or quoted patterns such as 'photos/**/*.jpg'; - reads paths "
        "from standard input, one a line or as find -print0 has them.",
        argument=True,
        repeated=True,
        unit="IMAGES",
    )
    out: Path | None = out_option("The folder of the output; with one method also NAME.h5.")
    target: str = option(
        "predicted",
        "The class to explain: index, name, 'predicted' or 'label'; 'top5': each of the five most "
        "probable ones by itself.",
        panel="Method",
        unit="CLASS",
    )
    against: str | None = option(
        None,
        "One-vs-one: explain the target's score minus this class's; index, name, 'second', "
        "'predicted', 'label', or 'all' for one attribution a class.",
        panel="Method",
        unit="CLASS",
    )
    score: str | None = option(
        None,
        "Which score is explained: logit, probability or log-probability; "
        "default: as the method's paper.",
        panel="Method",
        choices=("logit", "probability", "log-probability"),
        what="score",
        unit="SCORE",
    )
    model: str = option(
        "torchvision:resnet50",
        "A xaitool checkpoint or run, torchvision:NAME, package.module:factory, or an exported "
        "program (.pt2).",
        panel="Model",
        names_code=True,
        unit="MODEL",
    )
    dataset: str | None = option(
        None,
        "Explain images of a dataset, or of folder:PATH.",
        panel="Data",
        completions=registry.names("dataset"),
        unit="NAME",
    )
    split: str = option(
        "test",
        "Split of --dataset.",
        panel="Data",
        choices=("train", "test"),
        what="split",
        unit="SPLIT",
    )
    only: str | None = option(
        None,
        "Explain only images that the model gets wrong (and, unless told otherwise, its prediction "
        "against the label), or right.",
        panel="Data",
        choices=("misclassified", "correct"),
        what="choice",
    )
    limit: int | None = option(
        None, "Explain only the first N images.", panel="Data", minimum=1, unit="N"
    )
    resume: bool = option(
        False,
        "Continue the unfinished file or files at --out; begin those that are not begun.",
        panel="Output",
        role="place",
    )
    heat_maps: int = option(
        100,
        "Images that also get a heat-map PNG, at most.",
        panel="Output",
        minimum=0,
        role="run",
        unit="N",
    )
    rendering: str = option(
        "signed",
        "Heat maps of signed values, of absolute values, or between the 80th and 99th percentile "
        "as in AGI's figures.",
        panel="Output",
        choices=("signed", "absolute", "percentile"),
        what="rendering",
        role="run",
    )
    colours: str = option(
        "usual",
        "Colours of signed heat maps: usual: positive is red, negative blue; paper: the other way "
        "round, as in GANMEX's figures.",
        panel="Output",
        choices=("usual", "paper"),
        what="colours",
        role="run",
        unit="usual|paper",
    )
    grid: bool = option(
        False,
        "Also one picture of images x methods; always made where there are several methods or "
        "baselines.",
        panel="Output",
        role="run",
    )
    grid_images: int = option(
        8, "Rows of that picture, at most.", panel="Output", minimum=1, role="run", unit="N"
    )

    readers: ClassVar[tuple[Reader, ...]] = (
        *ExplanationOptions.readers,
        Reader(
            "a baseline of a dataset's images, such as --baseline dataset, or no image files",
            lambda run: (
                not run.images
                or any(kind.needs & {"data", "references"} for kind in compared_baselines(run))
            ),
            ("dataset",),
        ),
        Reader(
            "--dataset without image files",
            lambda run: run.dataset is not None and not run.images,
            ("split",),
        ),
    )

    @property
    def drawn(self) -> Rendering:
        """What ``--rendering`` and ``--colours`` ask for together."""
        reverse = self.colours == "paper" and self.rendering == "signed"
        return "reversed" if reverse else cast(Rendering, self.rendering)

    @property
    def held_against(self) -> str | None:
        """``--against``; why a mistake was made is asked against the label."""
        mistakes = self.only == "misclassified" and self.target == "predicted"
        return "label" if mistakes and self.against is None else self.against
