"""A model as a file names it: loaded where that runs no code, and where it has not changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaitool.errors import ArtifactError, InputError, ModelError
from xaitool.io.attributions import AttributionFile
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.model import INPUT_OPTIONS, ModelOptions
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

HINT = "name the model with --model, and its weights with --weights"


@dataclass(frozen=True)
class RecordedModel:
    """What a file says of the model that it was made with.

    Attributes:
        source: As ``--model`` or ``--classifier`` named it.
        weights: As ``--weights`` named it, or None.
        options: How it was read: those of `INPUT_OPTIONS`, as plain JSON values.
        sha256: As `Classifier.sha256`.
        file: What says so.
        role: How messages call the model.
        made: How they call the making of the file.
    """

    source: str
    weights: Path | None
    options: dict[str, Any]
    sha256: str
    file: Path
    role: str
    made: str


def load(recorded: RecordedModel, config: EvaluateConfig, runtime: Runtime) -> Classifier:
    """Load the model, unless it is code, or another one than when the file was made.

    Args:
        recorded: What the file says.
        config: Options that are given now go before the recorded ones. ``model`` is the recorded
            source or None: named on the command line it may be code, and may have changed.
        runtime: Device and precision.

    Raises:
        ModelError: It cannot be loaded, is code that only the file names, or has changed.
        ConfigError: The recorded options do not fit those that are given now.
    """
    given = config.input_options() | {
        "classes_file": config.classes_file,
        "architecture": config.architecture,
    }
    options = ModelOptions.from_mapping({**recorded.options, **given}, source=str(recorded.file))
    if config.model is not None:
        return load_classifier(config.model, config.weights, runtime, options=options)
    weights = config.weights or recorded.weights
    try:
        classifier = load_classifier(
            recorded.source, weights, runtime, allow_code=False, options=options
        )
    except InputError as error:
        raise ModelError(
            f"the {recorded.role} of {recorded.file} cannot be loaded: {error}", hint=HINT
        ) from error
    if classifier.sha256 != recorded.sha256:
        raise ModelError(
            f"{recorded.role} {recorded.source} has changed since {recorded.file} was "
            f"{recorded.made}, but the same is wanted",
            hint=HINT,
        )
    return classifier


def explained_model(file: AttributionFile) -> RecordedModel:
    """The model that an attribution file explains.

    Raises:
        ArtifactError: The file names none, or does not say how it was read.
    """
    names = ("model_source", "model_weights", "model_sha256")
    source, weights, sha256 = (file.attributes.get(name) for name in names)
    if source is None and (unnamed := file.attributes.get("model_class")):
        raise ArtifactError(
            f"{file.path} explains a {str(unnamed).rpartition('.')[2]} that was given from Python "
            "and has no name, but one is wanted",
            hint=HINT,
        )
    if not isinstance(source, str) or not isinstance(weights, str | None):
        raise ArtifactError(
            f"{file.path} does not say which model it explains, but it has to", hint=HINT
        )
    return RecordedModel(
        source=source,
        weights=None if weights is None else Path(weights),
        options=_options(file),
        sha256=str(sha256),
        file=file.path,
        role="model",
        made="written",
    )


def _options(file: AttributionFile) -> dict[str, Any]:
    options = file.attributes.get("model_options", {})
    try:
        if not isinstance(options, dict) or not set(options) <= set(INPUT_OPTIONS):
            raise ArtifactError(f"only {', '.join(INPUT_OPTIONS)} are known")
        return ModelOptions.from_mapping(options, source="the model").input_options()
    except InputError as error:
        raise ArtifactError(
            f"{file.path} has model options that cannot be used ({error}), but it has to say how "
            "its model was loaded",
            hint=HINT,
        ) from error
