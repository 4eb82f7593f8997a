"""Options of ``recommend top``, ``recommend explain`` and ``recommend preferences``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from xaitool.options import option
from xaitool.options.reader import Reader
from xaitool.workflows.configs.common import DeviceOptions


@dataclass(frozen=True, kw_only=True)
class QueryOptions(DeviceOptions):
    """Whom a fitted model is asked about."""

    main: ClassVar[tuple[str, ...]] = ("model", "user", "item", "number")

    model: Path | None = option(
        None, "A run of recommend fit, or its checkpoint.", panel="Query", unit="RUN"
    )
    user: tuple[str, ...] = option(
        (),
        "A user's id; may be repeated; - reads ids from standard input, one a line.",
        panel="Query",
        repeated=True,
        unit="ID",
    )


@dataclass(frozen=True, kw_only=True)
class RecommendTopConfig(QueryOptions):
    """Recommend the items that users would rate highest.

    Example:
        >>> import xaitool
        >>> config = xaitool.RecommendTopConfig(model="run", user=("u1", "u2"), number=5)
        >>> config.user
        ('u1', 'u2')
        >>> xaitool.RecommendTopConfig(number=0)
        Traceback (most recent call last):
            ...
        xaitool.errors.ConfigError: --number is 0, but at least 1 is wanted
    """

    number: int | None = option(
        None,
        "How many items a user; default: 10, or all where the model has fewer.",
        panel="Query",
        minimum=1,
        unit="N",
    )
    exclude_seen: bool = option(
        False, "Leave out what a user rated in the training data.", panel="Query"
    )
    explain: bool = option(
        False, "Also say how much each aspect of an item adds to its rating.", panel="Query"
    )


@dataclass(frozen=True, kw_only=True)
class RecommendExplainConfig(QueryOptions):
    """Say in aspects why users would rate items so high.

    Example:
        >>> import xaitool
        >>> config = xaitool.RecommendExplainConfig(model="run", user=("u1", "u2"), item=("i3",))
        >>> len(config.user) * len(config.item)  # pairs of which each becomes a record
        2
    """

    item: tuple[str, ...] = option(
        (),
        "An item's id or title; may be repeated: every user is asked about every item.",
        panel="Query",
        repeated=True,
        unit="ID|TITLE",
    )
    shares: bool = option(
        False,
        "Draw preferences as shares of the sum of their magnitudes, as the paper's Figure 4 does, "
        "instead of in rating units.",
        panel="Output",
    )
    plot: Path | None = option(
        None,
        "Also draw the bars, a panel for each pair: as PNG, PDF or SVG, by the file's ending.",
        panel="Output",
        unit="FILE",
    )
    overwrite: bool = option(False, "Replace the file at --plot.", panel="Output")

    readers: ClassVar[tuple[Reader, ...]] = (
        Reader("--plot", lambda run: run.plot is not None, ("overwrite",)),
    )


@dataclass(frozen=True, kw_only=True)
class RecommendPreferencesConfig(QueryOptions):
    """Say which aspects users like and dislike in general.

    Example:
        >>> import xaitool
        >>> config = xaitool.RecommendPreferencesConfig(model="run", user=("u1",), device="cpu")
        >>> config.to_dict()
        {'device': 'cpu', 'model': 'run', 'user': ['u1']}
    """
