"""xaitool: train with explanations, explain, and judge explanations.

The public Python API, imported on use (PEP 562), so that ``import xaitool`` is cheap: each command
as a function of its options, `attribute`, which explains tensors, and `Score`, which says what is
explained.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Attribution": "core.attribution.base",
    "EvaluateConfig": "workflows.configs.evaluate",
    "ExplainConfig": "workflows.configs.explain",
    "Guidance": "core.guidance.guidance",
    "RecommendExplainConfig": "workflows.configs.recommend",
    "RecommendFitConfig": "workflows.configs.recommend_fit",
    "RecommendPreferencesConfig": "workflows.configs.recommend",
    "RecommendTopConfig": "workflows.configs.recommend",
    "Score": "core.score",
    "TrainBaselineGanConfig": "workflows.configs.train_baseline_gan",
    "TrainClassifierConfig": "workflows.configs.train_classifier",
    "TrainGanConfig": "workflows.configs.train_gan",
    "attribute": "workflows.attribute",
    "evaluate": "workflows.evaluate",
    "explain": "workflows.explain",
    "recommend_explain": "workflows.recommend_explain",
    "recommend_fit": "workflows.recommend_fit",
    "recommend_preferences": "workflows.recommend_preferences",
    "recommend_top": "workflows.recommend_top",
    "train_baseline_gan": "workflows.train_baseline_gan",
    "train_classifier": "workflows.train_classifier",
    "train_gan": "workflows.train_gan",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("xaitool")
    if name in _HOMES:
        return getattr(import_module(f"xaitool.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'xaitool' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
