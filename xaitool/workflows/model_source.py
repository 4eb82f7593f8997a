"""Loads a classifier from wherever it is: a checkpoint, torchvision, or a user's own function."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from xaitool.core.models import torchvision_models
from xaitool.core.models.build import build_classifier
from xaitool.errors import ArtifactError, InputError, ModelError
from xaitool.io.checkpoints import checkpoint_path, file_sha256, load_checkpoint
from xaitool.workflows.classifier import Classifier, reason
from xaitool.workflows.runtime import Runtime, is_out_of_memory


def load_classifier(
    source: str, weights: Path | None, runtime: Runtime, *, allow_code: bool = True
) -> Classifier:
    """Load a classifier.

    Args:
        source: A checkpoint or run directory, ``torchvision:NAME``, or
            ``package.module:factory``, which is a function without arguments that returns an
            ``nn.Module`` from colour pixels in [0, 1] to logits, found from the current folder
            too. Nothing more is known of a factory's model: its images are resized to 256 pixels
            and cut to 224, it is taken to normalise nothing (mean 0.5, deviation 1), and its
            classes have no names.
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
    if ":" in source:
        raise ModelError(
            f"model '{source}' is code, but code is loaded only where --model names it"
        )
    known = source in torchvision_models.names()
    raise ModelError(
        f"model '{source}' does not exist, but a checkpoint, torchvision:NAME or "
        "package.module:factory is wanted",
        hint=f"--model torchvision:{source}" if known else None,
    )


@contextlib.contextmanager
def damage_as_error(path: Path) -> Iterator[None]:
    """What a checkpoint of the right kind lacks, or holds in the wrong form, as one error.

    Raises:
        ArtifactError: The block failed for want of it.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise
        raise ArtifactError(
            f"{path} is damaged ({reason(error)}), but a whole checkpoint is wanted"
        ) from error


def _rebuilt(checkpoint: dict[str, Any]) -> nn.Module:
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
    with damage_as_error(path):
        channels, side, _ = checkpoint["shape"]
        return Classifier(
            model=_fast(runtime.place(_rebuilt(checkpoint))),
            source=source,
            weights=None,
            sha256=file_sha256(path),
            channels=channels,
            resize=side,
            crop=side,
            interpolation="bilinear",
            mean=tuple(checkpoint["mean"]),
            standard_deviation=tuple(checkpoint["standard_deviation"]),
            classes=tuple(checkpoint["classes"]),
            dataset=checkpoint["config"]["dataset"],
            dataset_classes=checkpoint["config"]["classes"],
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
    # Before the network is placed: the hash must not depend on device and precision.
    sha256 = _weights_hash(network) if weights is None else file_sha256(weights)
    return Classifier(
        model=_fast(runtime.place(network)),
        source=source,
        weights=None if weights is None else str(weights),
        sha256=sha256,
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
    sha256 = _weights_hash(model) if weights is None else file_sha256(weights)
    return Classifier(
        model=runtime.place(model).eval(),
        source=source,
        weights=None if weights is None else str(weights),
        sha256=sha256,
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
            f"model '{source}' cannot be made ({reason(error)}), but an nn.Module is wanted"
        ) from error
    if not isinstance(model, nn.Module):
        raise ModelError(f"'{source}' returned {type(model).__name__}, but an nn.Module is wanted")
    return model


def _fill(model: nn.Module, weights: Path) -> None:
    try:
        model.load_state_dict(torchvision_models.load_weights(weights))
    except RuntimeError as error:
        raise ModelError(
            f"weights '{weights}' do not fit the model ({reason(error)}), but its own are wanted"
        ) from error


def _fast(model: nn.Module) -> nn.Module:
    """In eval mode, with convolutions in the layout they are fastest in."""
    return model.eval().to(memory_format=torch.channels_last)


def _weights_hash(model: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        # As bytes: NumPy does not have all of torch's types.
        content = tensor.cpu().contiguous().view(-1).view(torch.uint8)
        digest.update(name.encode() + content.numpy().tobytes())
    return digest.hexdigest()
