"""Options of ``recommend fit``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from xaitool import registry
from xaitool.options import option, option_fields
from xaitool.options.reader import Reader
from xaitool.workflows.configs.common import RunOptions, log_option

# Named again in AmcfOptions, which cannot be imported for --help; a test keeps both equal.
ATTENTIONS = ("masked-softmax", "softmax", "signed", "least-squares")


@dataclass(frozen=True, kw_only=True)
class RatingsOptions(RunOptions):
    """Which ratings, and how a user's own files of them are read."""

    dataset: str = option(
        "synthetic-ratings",
        "Ratings, or csv:FILE, your own.",
        panel="Data",
        completions=registry.names("ratings"),
        unit="NAME",
    )
    aspects: Path | None = option(
        None,
        "File of item,aspects lines for csv:FILE; default: aspects, items or movies beside FILE.",
        panel="Data",
        unit="FILE",
    )
    scale: tuple[float, ...] | None = option(
        None,
        "Lowest and highest rating of csv:FILE; default: those that are found.",
        panel="Data",
        unit="LOW,HIGH",
    )
    duplicates: str | None = option(
        None,
        "What a second rating of an item by the same user is; default: error, as a rule.",
        panel="Data",
        choices=("error", "last"),
        what="treatment of duplicates",
    )


def _has(option: str) -> Callable[[RecommendFitConfig], bool]:
    """Whether the base has an option of this name."""
    return lambda run: (
        option in {field.name for field in option_fields(registry.load("base", run.base).Options)}
    )


@dataclass(frozen=True, kw_only=True)
class RecommendFitConfig(RatingsOptions):
    """Fit a rating model, and AMCF, which explains its ratings by aspects.

    Example:
        >>> import xaitool
        >>> config = xaitool.RecommendFitConfig(dataset="csv:ratings.csv", base="svd", split="time")
        >>> config.seed
        0
        >>> xaitool.RecommendFitConfig(hold_out=0.95)
        Traceback (most recent call last):
            ...
        xaitool.errors.ConfigError: --hold-out is 0.95, but more than 0 and at most 0.9 is wanted
    """

    main: ClassVar[tuple[str, ...]] = ("epochs", "dataset", "out", "base")

    base: str = option(
        "svd",
        "The rating model.",
        panel="Fit",
        choices=registry.names("base"),
        what="base model",
        unit="NAME",
    )
    factors: int | None = option(
        None, "Length of the latent vectors; default: the base's own.", panel="Fit", minimum=1
    )
    epochs: int | None = option(
        None, "Passes over the ratings; default: the base's own.", panel="Fit", minimum=1
    )
    base_option: tuple[str, ...] = option(
        (),
        "Another option of the base, see --list, such as regularisation=1.5; may be repeated.",
        panel="Fit",
        repeated=True,
        unit="NAME=VALUE",
    )
    attention: str | None = option(
        None,
        "How AMCF shares an item's vector among its aspects; default: masked-softmax.",
        panel="Fit",
        choices=ATTENTIONS,
        what="attention",
        unit="NAME",
    )
    amcf_option: tuple[str, ...] = option(
        (),
        "Another option of AMCF, such as aspect-decay=0.01; may be repeated.",
        panel="Fit",
        repeated=True,
        unit="NAME=VALUE",
    )
    split: str | None = option(
        None,
        "Hold ratings out for evaluate: a random share, the latest share (time), or the latest "
        "rating of each user (leave-one-out); default: fit to all.",
        panel="Data",
        choices=("random", "time", "leave-one-out"),
        what="split",
        unit="NAME",
    )
    hold_out: float | None = option(
        None,
        "Share of the ratings that is held out; default: 0.2 with --split, else nothing.",
        panel="Data",
        above=0,
        maximum=0.9,
        unit="SHARE",
    )
    log: tuple[str, ...] = log_option()

    readers: ClassVar[tuple[Reader, ...]] = (
        Reader("--base svd, svd++, ncf or fm", _has("factors"), ("factors",)),
        Reader("--base svd, svd++, ncf or fm", _has("epochs"), ("epochs",)),
        Reader(
            "AMCF, which explains --base svd, svd++, ncf and fm,",
            lambda run: registry.load("base", run.base).explains_vectors,
            ("attention", "amcf_option"),
        ),
        Reader(
            "--dataset csv:FILE",
            lambda run: run.dataset.partition(":")[0] == "csv",
            ("aspects", "scale"),
        ),
        Reader(
            "ratings of a file, such as --dataset csv:FILE,",
            lambda run: run.dataset.partition(":")[0] != "synthetic-ratings",
            ("duplicates",),
        ),
        Reader(
            "--split random or time",
            lambda run: run.split != "leave-one-out",
            ("hold_out",),
        ),
    )
