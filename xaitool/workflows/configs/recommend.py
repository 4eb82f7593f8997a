"""Options of ``recommend fit``, ``recommend top`` and ``recommend explain``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xaitool.options import option
from xaitool.workflows.configs.common import RunOptions


@dataclass(frozen=True, kw_only=True)
class RecommendFitConfig(RunOptions):
    """Fit a rating model whose ratings are explained by aspects (AMCF)."""

    dataset: str = option("ml-100k", "Ratings to learn from.", panel="Data", unit="NAME")
    base: str = option(
        "svd",
        "The rating model that is explained.",
        panel="Training",
        choices=("svd", "ncf", "fm"),
        what="base model",
        unit="NAME",
    )
    factors: int = option(120, "Latent factors.", panel="Training", minimum=1)
    epochs: int = option(100, "Passes over the ratings.", panel="Training", minimum=1)


@dataclass(frozen=True, kw_only=True)
class RecommendTopConfig(RunOptions):
    """Recommend the items that a user would rate highest."""

    model: Path | None = option(None, "A fitted run.", panel="Model", unit="RUN")
    user: str | None = option(None, "The user.", panel="Query", unit="ID")
    number: int = option(10, "How many items.", panel="Query", minimum=1, unit="N")


@dataclass(frozen=True, kw_only=True)
class RecommendExplainConfig(RunOptions):
    """Say in aspects why a user would like an item."""

    model: Path | None = option(None, "A fitted run.", panel="Model", unit="RUN")
    user: str | None = option(None, "The user.", panel="Query", unit="ID")
    item: str | None = option(None, "The item.", panel="Query", unit="ID")
