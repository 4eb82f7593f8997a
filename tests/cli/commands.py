"""Every command and its options."""

from __future__ import annotations

from xaitool.options import Options
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.configs.recommend import (
    RecommendExplainConfig,
    RecommendPreferencesConfig,
    RecommendTopConfig,
)
from xaitool.workflows.configs.recommend_fit import RecommendFitConfig
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.configs.train_gan import TrainGanConfig

COMMANDS: dict[str, type[Options]] = {
    "train-gan": TrainGanConfig,
    "train-baseline-gan": TrainBaselineGanConfig,
    "train-classifier": TrainClassifierConfig,
    "explain": ExplainConfig,
    "evaluate": EvaluateConfig,
    "recommend fit": RecommendFitConfig,
    "recommend top": RecommendTopConfig,
    "recommend explain": RecommendExplainConfig,
    "recommend preferences": RecommendPreferencesConfig,
}
