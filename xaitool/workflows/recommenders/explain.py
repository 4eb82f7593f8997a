"""``recommend explain``: why users would rate items so high."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor

from xaitool.core.recommenders.aspects.explainer import AspectExplainer
from xaitool.errors import ConfigError
from xaitool.io.folders import check_writable
from xaitool.options.unread import refuse_unread
from xaitool.workflows.configs.recommend import RecommendExplainConfig
from xaitool.workflows.recommenders.bars import as_figure
from xaitool.workflows.recommenders.pairs import explained_pairs
from xaitool.workflows.recommenders.query import Query
from xaitool.workflows.runs.pictures import write_picture
from xaitool.workflows.runs.progress import Reporter, SilentReporter

Record = dict[str, Any]

# Pairs of user and item that are explained at once.
PAIRS = 4096

# More panels make a picture that nobody can look at.
MOST_PANELS = 24


def recommend_explain(
    config: RecommendExplainConfig, reporter: Reporter | None = None
) -> Iterator[Record]:
    """Say in aspects why users would rate items so high.

    Args:
        config: The options; every user is asked about every item.
        reporter: Told what is worth knowing; silent by default.

    Returns:
        A record a pair: ``user``, ``item``, ``title``, ``rating`` (clipped to the scale of the
        data), ``raw`` (as predicted, the sum of the next four), ``mean``, ``user_bias``,
        ``item_bias``, ``interest`` (the sum of ``aspects`` and ``unexplained``), ``unexplained``,
        ``explained_share`` (how much of the item's vector its aspects could explain), ``rated``
        (the user's rating in the training data, or None), ``aspects`` (what each aspect of the item
        adds, largest magnitude first) and ``shares`` (the same with magnitudes of sum 1). The
        picture is written after the last one.

    Raises:
        InputError: An option or the model does not fit, or there is no such user or item.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import xaitool
        >>> folder = tempfile.TemporaryDirectory()
        >>> out = Path(folder.name)
        >>> small = "synthetic-ratings:users=80,items=60,ratings=30,aspects=6"
        >>> fit = xaitool.RecommendFitConfig(dataset=small, factors=8, epochs=6, out=out / "fit")
        >>> _ = xaitool.recommend_fit(fit)
        >>> config = xaitool.RecommendExplainConfig(model=out / "fit", user=("u1",), item=("i3",))
        >>> (record,) = xaitool.recommend_explain(config)
        >>> interest = sum(record["aspects"].values()) + record["unexplained"]
        >>> abs(interest - record["interest"]) < 1e-4
        True
        >>> folder.cleanup()
    """
    reporter = reporter or SilentReporter()
    refuse_unread(config)
    if not config.item:
        raise ConfigError("no item is given, but --item ID or --item TITLE is wanted")
    if config.plot is not None:
        _check_plot(config.plot, config.overwrite)
    query = Query(config, reporter)
    names, explainer = query.recommender.names, query.explainer()
    items = query.indices([names.item_index(name) for name in config.item])
    for item in items[~query.recommender.aspects[items].any(1)].tolist():
        reporter.warning(f"item '{names.titles[item]}' has no aspects, so none explains a rating")
    records = _records(query, explainer, items)
    return records if config.plot is None else _drawn(records, config, config.plot, reporter)


def _records(query: Query, explainer: AspectExplainer, items: Tensor) -> Iterator[Record]:
    count = len(items)
    for block, users in query.blocks(PAIRS // count):
        pairs = explained_pairs(
            query, explainer, users.repeat_interleave(count), items.repeat(len(users))
        )
        for number, values in enumerate(pairs):
            yield {"user": block[number // count], **values}


def _check_plot(path: Path, overwrite: bool) -> None:
    if path.suffix.lower() not in (".png", ".pdf", ".svg"):
        raise ConfigError(f"--plot is {path}, but a name that ends in .png, .pdf or .svg is wanted")
    if path.is_dir():
        raise ConfigError(f"--plot {path} is a folder, but a file is wanted in its place")
    check_writable(path.parent)
    if path.exists() and not overwrite:
        raise ConfigError(
            f"--plot {path} exists, but a new file is wanted", hint="replace it with --overwrite"
        )


def _drawn(
    records: Iterator[Record], config: RecommendExplainConfig, path: Path, reporter: Reporter
) -> Iterator[Record]:
    kept, count = [], 0
    for record in records:
        count += 1
        if count <= MOST_PANELS:
            kept.append(record)
        yield record
    write_picture(path, as_figure(kept, config.shares), follow=True)
    reporter.message(f"picture: {path}")
    if count > MOST_PANELS:
        reporter.message(f"the picture has the first {MOST_PANELS} of {count:,} pairs")
