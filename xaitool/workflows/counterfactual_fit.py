"""Whether a trained generator fits the classifier that is explained."""

from __future__ import annotations

from xaitool.errors import ModelError
from xaitool.workflows.class_names import few_names
from xaitool.workflows.classifier import Classifier
from xaitool.workflows.counterfactual_source import Counterfactual
from xaitool.workflows.runtime import Runtime


def fitting(found: Counterfactual, classifier: Classifier, runtime: Runtime) -> tuple[str, ...]:
    """Refuse a generator of other images or classes.

    Returns:
        What people should know: that it was trained against another classifier.

    Raises:
        ModelError: It does not fit.
    """
    check_shape(found, (classifier.channels, classifier.crop, classifier.crop))
    if not _same_classifier(found, classifier):
        # The same classifier may have been given prettier names.
        _check_names(found, classifier)
    check_count(found, classifier.class_count(found.shape, runtime))
    if found.kind != "ganmex" or _same_classifier(found, classifier):
        return ()
    return (
        f"generator {found.path} was trained against another classifier than {classifier.source}",
    )


def check_shape(found: Counterfactual, shape: tuple[int, ...]) -> None:
    """Refuse a generator of images of another shape ``(C, H, W)``.

    Raises:
        ModelError: It is one.
    """
    if found.shape != shape:
        raise ModelError(
            f"generator {found.path} makes images {_by(found.shape)}, but the model takes "
            f"{_by(shape)}"
        )


def check_count(found: Counterfactual, classes: int) -> None:
    """Refuse a generator of more or fewer classes.

    Raises:
        ModelError: It is one.
    """
    if len(found.classes) != classes:
        raise ModelError(
            f"generator {found.path} knows {len(found.classes)} classes, but the model tells "
            f"{classes} apart"
        )


def _check_names(found: Counterfactual, classifier: Classifier) -> None:
    if classifier.classes and classifier.classes != found.classes:
        raise ModelError(
            f"generator {found.path} has the classes {few_names(found.classes)}, but "
            f"{classifier.source} was trained on {few_names(classifier.classes)}"
        )


def _same_classifier(found: Counterfactual, classifier: Classifier) -> bool:
    return found.classifier_sha256 == classifier.sha256


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
