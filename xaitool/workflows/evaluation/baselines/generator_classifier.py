"""The classifier against which a generator of baselines was trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from xaitool.errors import ModelError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.counterfactuals.generator import (
    LoadedGenerator,
    load_generator,
    recorded_classifier,
)
from xaitool.workflows.models import recorded
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime


def classifier_of_generator(path: Path, config: EvaluateConfig, runtime: Runtime) -> Classifier:
    """The model that the options name, else the one that the checkpoint names, with its data.

    Args:
        path: The generator's checkpoint or run.
        config: The options.
        runtime: Where it computes.

    Returns:
        The classifier; its dataset and classes are those that the generator was trained on.

    Raises:
        ArtifactError: The checkpoint cannot be loaded.
        ModelError: It names no model, or one that has changed or cannot be loaded without running
            its code.
    """
    found = load_generator(path, runtime)
    classifier = _classifier(found, config, runtime)
    classes = found.config.get("classes")
    if classes is None and found.dataset == classifier.dataset:
        classes = classifier.dataset_classes
    return replace(classifier, dataset=found.dataset, dataset_classes=classes)


def _classifier(found: LoadedGenerator, config: EvaluateConfig, runtime: Runtime) -> Classifier:
    if config.model not in (None, found.classifier):
        return load_classifier(config.model, config.weights, runtime, options=config)
    if found.classifier is None:
        raise ModelError(
            f"generator {found.path} was trained without a classifier, but one is wanted that "
            "says which class an image is of",
            hint="--model MODEL",
        )
    return recorded.load(recorded_classifier(found), config, runtime)
