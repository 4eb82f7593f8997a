"""``xaitool recommend top|explain|preferences``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import typer

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.cli.tables.one_line import harmless
from xaitool.workflows.configs.recommend import (
    RecommendExplainConfig,
    RecommendPreferencesConfig,
    RecommendTopConfig,
)

TOP = """Ratings are clipped to the scale of the data; raw is what the model says, and what orders
them. Equal ratings come in the order of the items' ids. Through a pipe aspects are one column, such
as Comedy:+0.310|Drama:-0.120.

Examples:
  xaitool recommend top --model my-films --user u65 --exclude-seen --explain
  cut -f1 users.tsv | xaitool recommend top --model my-films --user - > top.tsv
"""

EXPLAIN = """A rating is the mean, plus what is common to the user's ratings and to the item's, plus
the user's interest in the item; the bars are what the item's aspects add to that interest. Through
a pipe there is a line a pair.

Examples:
  xaitool recommend explain --model my-films --user u65 --item i120
  xaitool recommend explain --model my-films --user u65 --user u67 --user u74 \\
      --item i120 --shares --plot figure.png
"""

PREFERENCES = """raw is the rating of a pure aspect above the user's average; preference is the same
with magnitudes of sum 1, which makes users comparable.

Examples:
  xaitool recommend preferences --model my-films --user u65
  xaitool recommend preferences --model my-films --user - --json < users.txt
"""


def register_top(app: typer.Typer) -> None:
    """Add ``top``."""
    add_command(app, "top", RecommendTopConfig, run_top, TOP, group="recommend")


def register_explain(app: typer.Typer) -> None:
    """Add ``explain``."""
    add_command(app, "explain", RecommendExplainConfig, run_explain, EXPLAIN, group="recommend")


def register_preferences(app: typer.Typer) -> None:
    """Add ``preferences``."""
    add_command(
        app,
        "preferences",
        RecommendPreferencesConfig,
        run_preferences,
        PREFERENCES,
        group="recommend",
    )


def run_top(config: RecommendTopConfig, output: Output) -> None:
    """Print a row a recommended item, or a table a user on a terminal."""
    with output.loading():
        from xaitool.workflows.recommenders.top import recommend_top

    rows = recommend_top(config, output)
    if output.draws:
        from xaitool.cli.tables.recommendations import recommendation_lines

        output.lines(recommendation_lines(rows, output.page))
    else:
        output.stream(_rows(rows, output))


def run_explain(config: RecommendExplainConfig, output: Output) -> None:
    """Print a row a pair, or bars on a terminal."""
    with output.loading():
        from xaitool.workflows.recommenders.bars import as_text
        from xaitool.workflows.recommenders.explain import recommend_explain

    records = recommend_explain(config, output)
    if output.draws:
        output.lines(as_text(map(harmless, records), config.shares, output))
    else:
        output.stream(_rows(records, output))


def run_preferences(config: RecommendPreferencesConfig, output: Output) -> None:
    """Print a row an aspect, or bars on a terminal."""
    with output.loading():
        from xaitool.workflows.recommenders.preferences import as_text, recommend_preferences

    rows = recommend_preferences(config, output)
    if output.draws:
        output.lines(as_text(map(harmless, rows), output))
    else:
        output.stream(rows)


def _rows(records: Iterable[dict[str, Any]], output: Output) -> Iterator[dict[str, Any]]:
    """For a table, aspects in one cell: ``Comedy:+0.310|Drama:-0.120``, split at the bars."""
    for record in records:
        yield (
            record
            if output.as_json
            else {
                name: "|".join(f"{aspect}:{part:+.3f}" for aspect, part in value.items())
                if isinstance(value, dict)
                else value
                for name, value in record.items()
            }
        )
