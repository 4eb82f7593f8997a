"""xaitool: train with explanations, explain, and judge explanations.

The public Python API, imported on use (PEP 562), so that ``import xaitool`` is cheap: each command
as a function of its options, `attribute`, which explains tensors, and `Score`, which says what is
explained.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Attribution": "workflows.explanations.attribution",
    "EvaluateConfig": "workflows.configs.evaluate",
    "ExplainConfig": "workflows.configs.explain",
    "Guidance": "core.guidance.guidance",
    "Normalise": "core.models.normalise",
    "RecommendExplainConfig": "workflows.configs.recommend",
    "RecommendFitConfig": "workflows.configs.recommend_fit",
    "RecommendPreferencesConfig": "workflows.configs.recommend",
    "RecommendTopConfig": "workflows.configs.recommend",
    "Score": "core.score",
    "TrainBaselineGanConfig": "workflows.configs.train_baseline_gan",
    "TrainClassifierConfig": "workflows.configs.train_classifier",
    "TrainGanConfig": "workflows.configs.train_gan",
    "attribute": "workflows.explanations.attribute",
    "evaluate": "workflows.evaluation.evaluate",
    "explain": "workflows.explanations.explain",
    "recommend_explain": "workflows.recommenders.explain",
    "recommend_fit": "workflows.recommenders.fit",
    "recommend_preferences": "workflows.recommenders.preferences",
    "recommend_top": "workflows.recommenders.top",
    "train_baseline_gan": "workflows.counterfactuals.train_baseline_gan",
    "train_classifier": "workflows.classifiers.train_classifier",
    "train_gan": "workflows.gans.train_gan",
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
