"""A classifier from wherever it comes: a checkpoint, torchvision, or a user's own function."""

from __future__ import annotations

import hashlib
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from xaitool.core.models import torchvision_models
from xaitool.core.models.build import build_classifier
from xaitool.data.images import Interpolation
from xaitool.errors import InputError, ModelError
from xaitool.io.checkpoints import checkpoint_path, file_sha256, load_checkpoint
from xaitool.workflows.runtime import Runtime


@dataclass(frozen=True)
class Classifier:
    """A loaded classifier and what is known about it.

    Attributes:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``; in eval mode.
        source: As ``--model`` names it.
        weights: As ``--weights`` names it, or None.
        sha256: Of the file the weights came from; of the weights where there is no file.
        channels: 1 or 3.
        resize: Side to which an image's shorter side is resized, pixels.
        crop: Side of the central square that is cut out, pixels.
        interpolation: Of the resizing: ``bilinear`` or ``bicubic``.
        mean: Of the normalisation, one a channel, in pixel units.
        standard_deviation: Same.
        classes: Their names; empty where unknown.
        dataset: The training data, where it is known.
        dataset_options: ``classes`` and ``image_size`` with which it was loaded.
    """

    model: nn.Module
    source: str
    weights: str | None
    sha256: str
    channels: int
    resize: int
    crop: int
    interpolation: Interpolation
    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]
    classes: tuple[str, ...]
    dataset: str | None = None
    dataset_options: dict[str, Any] | None = None


def load_classifier(
    source: str, weights: Path | None, runtime: Runtime, *, allow_code: bool = True
) -> Classifier:
    """Load a classifier.

    Args:
        source: A checkpoint or run directory, ``torchvision:NAME``, or
            ``package.module:factory`` (a function without arguments that returns an ``nn.Module``
            from ImageNet-normalised-free pixels in [0, 1] to logits).
        weights: Weights for the two latter; None: torchvision's own, or the factory's.
        runtime: Device and precision.
        allow_code: Whether a factory may be imported; false for names that came from a file.

    Raises:
        ModelError: It cannot be loaded.
        ArtifactError: The checkpoint is damaged or no classifier.
        UnknownNameError: torchvision has no such model.
    """
    if source.startswith("torchvision:"):
        return _from_torchvision(source, weights, runtime)
    if Path(source).exists() or source.endswith(".pt"):
        if weights is not None:
            raise ModelError(f"model {source} is a checkpoint, but --weights is for the others")
        return _from_checkpoint(source, runtime)
    if ":" in source and allow_code:
        return _from_factory(source, weights, runtime)
    raise ModelError(
        f"model '{source}' does not exist, but a checkpoint, torchvision:NAME or "
        "package.module:factory is wanted",
    )


def build_from_checkpoint(checkpoint: dict[str, Any]) -> nn.Module:
    """Rebuild the network of a classifier's checkpoint, with its weights."""
    model = build_classifier(
        checkpoint["architecture"],
        shape=tuple(checkpoint["shape"]),
        classes=len(checkpoint["classes"]),
        mean=checkpoint["mean"],
        standard_deviation=checkpoint["standard_deviation"],
    )
    model.load_state_dict(checkpoint["state"]["model"])
    return model


def _from_checkpoint(source: str, runtime: Runtime) -> Classifier:
    path = checkpoint_path(Path(source))
    checkpoint = load_checkpoint(path, kind="classifier")
    config = checkpoint["config"]
    channels, height, width = checkpoint["shape"]
    return Classifier(
        model=_fast(runtime.place(build_from_checkpoint(checkpoint))),
        source=source,
        weights=None,
        sha256=file_sha256(path),
        channels=channels,
        resize=min(height, width),
        crop=min(height, width),
        interpolation="bilinear",
        mean=tuple(checkpoint["mean"]),
        standard_deviation=tuple(checkpoint["standard_deviation"]),
        classes=tuple(checkpoint["classes"]),
        dataset=config["dataset"],
        dataset_options={"classes": config["classes"], "image_size": config["image_size"]},
    )


def _from_torchvision(source: str, weights: Path | None, runtime: Runtime) -> Classifier:
    name = source.removeprefix("torchvision:")
    facts = torchvision_models.preprocessing(name)
    state = (
        torchvision_models.download_weights(name)
        if weights is None
        else torchvision_models.load_weights(weights)
    )
    network = torchvision_models.build(
        name,
        len(facts.categories),
        shape=(3, facts.crop, facts.crop),
        mean=facts.mean,
        standard_deviation=facts.standard_deviation,
        weights=state,
    )
    return Classifier(
        model=_fast(runtime.place(network)),
        source=source,
        weights=None if weights is None else str(weights),
        sha256=_weights_hash(network) if weights is None else file_sha256(weights),
        channels=3,
        resize=facts.resize,
        crop=facts.crop,
        interpolation=facts.interpolation,
        mean=facts.mean,
        standard_deviation=facts.standard_deviation,
        classes=facts.categories,
    )


def _from_factory(source: str, weights: Path | None, runtime: Runtime) -> Classifier:
    model = _call_factory(source)
    if weights is not None:
        _fill(model, weights)
    return Classifier(
        model=runtime.place(model).eval(),
        source=source,
        weights=None if weights is None else str(weights),
        sha256=_weights_hash(model) if weights is None else file_sha256(weights),
        channels=3,
        resize=256,
        crop=224,
        interpolation="bilinear",
        mean=(0.5, 0.5, 0.5),
        standard_deviation=(1.0, 1.0, 1.0),
        classes=(),
    )


def _call_factory(source: str) -> nn.Module:
    module_name, _, attribute = source.partition(":")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        model = getattr(importlib.import_module(module_name), attribute)()
    except InputError:
        raise
    except Exception as error:
        raise ModelError(
            f"model '{source}' cannot be made: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(model, nn.Module):
        raise ModelError(f"'{source}' returned {type(model).__name__}, but an nn.Module is wanted")
    return model


def _fill(model: nn.Module, weights: Path) -> None:
    try:
        model.load_state_dict(torchvision_models.load_weights(weights))
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"weights '{weights}' do not fit the model ({reason})") from error


def _fast(model: nn.Module) -> nn.Module:
    """In eval mode, with convolutions in the layout they are fastest in."""
    return model.eval().to(memory_format=torch.channels_last)


def _weights_hash(model: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
