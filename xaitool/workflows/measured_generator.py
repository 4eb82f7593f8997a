"""The classifier for which a generator of counterfactual images was trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from xaitool.errors import InputError, ModelError
from xaitool.workflows.classifier import Classifier
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.model import INPUT_OPTIONS, ModelOptions
from xaitool.workflows.counterfactual_source import Counterfactual, load_counterfactual
from xaitool.workflows.damage import damage_as_error
from xaitool.workflows.model_source import load_classifier
from xaitool.workflows.runtime import Runtime

HINT = "name the model with --model, and its weights with --weights"


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
    found = load_counterfactual(path, runtime)
    classifier = (
        _own(found, config, runtime)
        if config.model is None
        else load_classifier(config.model, config.weights, runtime, options=config)
    )
    classes = found.config.get("classes")
    if classes is None and found.dataset == classifier.dataset:
        classes = classifier.dataset_classes
    return replace(classifier, dataset=found.dataset, dataset_classes=classes)


def _own(found: Counterfactual, config: EvaluateConfig, runtime: Runtime) -> Classifier:
    if found.classifier is None:
        raise ModelError(
            f"generator {found.path} was trained without a classifier, but one is wanted that "
            "says which class an image is of",
            hint="--model MODEL",
        )
    weights, options = _stored(found, config)
    try:
        classifier = load_classifier(
            found.classifier, config.weights or weights, runtime, allow_code=False, options=options
        )
    except InputError as error:
        raise ModelError(
            f"the classifier of {found.path} cannot be loaded: {error}", hint=HINT
        ) from error
    if classifier.sha256 != found.classifier_sha256:
        raise ModelError(
            f"classifier {found.classifier} has changed since {found.path} was trained, but the "
            "same is wanted",
            hint=HINT,
        )
    return classifier


def _stored(found: Counterfactual, config: EvaluateConfig) -> tuple[Path | None, ModelOptions]:
    """How it was read when the generator was trained, unless the options say otherwise."""
    with damage_as_error(found.path):
        stored: dict[str, Any] = {name: found.config[name] for name in INPUT_OPTIONS}
        weights = found.config["weights"]
    given = config.input_options() | {"classes_file": config.classes_file}
    options = ModelOptions.from_mapping({**stored, **given}, source=str(found.path))
    return None if weights is None else Path(weights), options
