"""Loads a classifier from wherever it is: a checkpoint, torchvision, or a user's own code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from xaitool.core.frozen.untouched import in_eval_mode
from xaitool.core.models.classifiers import torchvision_models
from xaitool.core.models.classifiers.torchvision_models import Preprocessing, Weights
from xaitool.data.class_names import read_class_names
from xaitool.errors import ConfigError, ModelError
from xaitool.io.checkpoints import checkpoint_path, file_sha256
from xaitool.io.weight_files import fill
from xaitool.options import can_name_code
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.model import ModelOptions
from xaitool.workflows.models.checkpoint import load_saved
from xaitool.workflows.models.classifier import Classifier, ClassifierFacts, fast
from xaitool.workflows.models.exported_program import LoadedProgram, load_program
from xaitool.workflows.models.factory import mode_matters
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.models.own_network import guarded_classifier, normalised, own_network
from xaitool.workflows.models.torchvision_weights import torchvision_weights
from xaitool.workflows.runs.runtime import Runtime

_PLAIN = str | bytes | int | float | bool | None


def load_classifier(
    source: str,
    weights: Path | None,
    runtime: Runtime,
    *,
    allow_code: bool = True,
    options: ModelOptions | None = None,
) -> Classifier:
    """Load a classifier.

    Args:
        source: A checkpoint or run directory; ``torchvision:NAME``; ``package.module:factory``, a
            function that returns an ``nn.Module`` from pixels in [0, 1] to logits, with plain
            arguments or none; or ``FILE.pt2``, a program that ``torch.export.save`` wrote.
            Nothing more is known of the two latter than the options say, a ``pretrained_cfg`` as
            timm's models have it, and the images that a program takes: by default images are
            colour, resized to 256 pixels and cut to 224, nothing is normalised, and classes have
            no names.
        weights: Weights for torchvision and factories; None: torchvision's own, or the factory's.
            They say how many classes a network of torchvision gets.
        runtime: Device and precision.
        allow_code: Whether factories and programs are loaded; false for names that came from a
            file.
        options: What the model sees of an image, and the names of its classes; their `weights`
            are not used. A checkpoint knows its own and takes only names.

    Raises:
        ModelError: It cannot be loaded, has weights without values, or takes no such option.
        ConfigError: An option does not fit the model.
        ArtifactError: The checkpoint is damaged or no classifier.
        UnknownNameError: torchvision has no such model.
    """
    options = options or ModelOptions()
    names = None if options.classes_file is None else read_class_names(options.classes_file)
    classifier = _load(source, weights, runtime, options, allow_code)
    return classifier if names is None else replace(classifier, classes=names)


def known_facts(
    source: str,
    weights: Path | None = None,
    *,
    allow_code: bool = True,
    options: ModelOptions | None = None,
) -> ClassifierFacts | None:
    """What is known of a classifier before its weights are there; nothing is loaded or run.

    The arguments are those of `load_classifier`.

    Returns:
        None where only the network or a file says it: all but torchvision's with its own weights.

    Raises:
        InputError: What `load_classifier` would refuse by names and places alone.
    """
    options = options or ModelOptions()
    names = () if options.classes_file is None else read_class_names(options.classes_file)
    loader = _loader(source, options, allow_code)
    if weights is not None and not weights.exists():
        raise ModelError(f"weights '{weights}' are no file, but a state dict is wanted")
    if loader is _from_checkpoint:
        _check_checkpoint(source, weights, options)
    if loader is _from_program:
        _check_program_file(source, weights)
    if loader is not _from_torchvision:
        return None
    facts, seen = _torchvision_facts(source, options)
    if weights is not None:
        return None
    if names and len(names) != len(facts.categories):
        raise ConfigError(
            f"--classes-file has {len(names)} names, but model {source} has "
            f"{len(facts.categories)} classes"
        )
    return ClassifierFacts(source, seen, names or facts.categories)


def _load(
    source: str, weights: Path | None, runtime: Runtime, options: ModelOptions, allow_code: bool
) -> Classifier:
    return _loader(source, options, allow_code)(source, weights, runtime, options)


def _loader(
    source: str, options: ModelOptions, allow_code: bool
) -> Callable[[str, Path | None, Runtime, ModelOptions], Classifier]:
    """What loads a model of this name."""
    is_torchvisions = source.startswith("torchvision:")
    exported = source.endswith(".pt2") and not Path(source).is_dir()
    is_path = Path(source).exists() or source.endswith(".pt")
    if is_path and not is_torchvisions and not exported:
        return _from_checkpoint
    if options.architecture is not None and not _several(options):
        raise ConfigError(
            f"model {source} is no checkpoint, but --architecture is for one that was trained on a "
            "user's own network",
            hint="leave --architecture out",
        )
    if is_torchvisions:
        return _from_torchvision
    if can_name_code(source) and not allow_code:
        raise ModelError(
            f"model '{source}' is code, but code is loaded only where --model names it"
        )
    if exported:
        return _from_program
    if can_name_code(source):
        return _from_factory
    known = source in torchvision_models.names()
    raise ModelError(
        f"model '{source}' does not exist, but a checkpoint, torchvision:NAME, "
        "package.module:factory or an exported program (.pt2) is wanted",
        hint=f"torchvision:{source}" if known else None,
    )


def _from_checkpoint(
    source: str, weights: Path | None, runtime: Runtime, options: ModelOptions
) -> Classifier:
    _check_checkpoint(source, weights, options)
    return load_saved(source, runtime, options.architecture, several=_several(options))


def _check_checkpoint(source: str, weights: Path | None, options: ModelOptions) -> None:
    given = ["weights"] * (weights is not None) + list(options.input_options())
    if given:
        flag = "--" + given[0].replace("_", "-")
        raise ModelError(f"model {source} is a checkpoint, but {flag} is for the others")
    checkpoint_path(Path(source))


def _several(options: ModelOptions) -> bool:
    """Whether the options are those of more models than one, of which some may need no factory."""
    if not isinstance(options, EvaluateConfig):
        return False
    return len((*options.artifacts, *options.judge, *options.transfer_from)) != 1


def _from_torchvision(
    source: str, weights: Path | None, runtime: Runtime, options: ModelOptions
) -> Classifier:
    name = source.removeprefix("torchvision:")
    facts, seen = _torchvision_facts(source, options)
    count = len(facts.categories)
    state: Weights = partial(torchvision_weights, name, None, seen.shape)
    if weights is not None:
        state = torchvision_weights(name, weights, seen.shape)
        count = _class_count(state, otherwise=count)
    network = torchvision_models.build(
        name,
        count,
        shape=seen.shape,
        mean=seen.mean,
        standard_deviation=seen.standard_deviation,
    )
    called, hint = "weights", None
    if weights is not None:
        called, hint = f"weights '{weights}'", f"--model names the network, here {source}"
    torchvision_models.fill(network, name, state, called=called, hint=hint)
    return Classifier(
        source=source,
        weights=None if weights is None else str(weights),
        # Before the network is placed: the hash must not depend on device and precision.
        sha256=_weights_hash(network) if weights is None else file_sha256(weights),
        model=fast(runtime.place(network if count > 1 else guarded_classifier(network, source))),
        classes=facts.categories if count == len(facts.categories) else (),
        options=options.input_options(),
        input=seen,
    )


def _torchvision_facts(source: str, options: ModelOptions) -> tuple[Preprocessing, ModelInput]:
    facts = torchvision_models.preprocessing(source.removeprefix("torchvision:"))
    seen = ModelInput(
        3, facts.resize, facts.crop, facts.interpolation, facts.mean, facts.standard_deviation
    )
    return facts, seen.changed(options)


def _class_count(state: Mapping[str, Tensor], otherwise: int) -> int:
    """As many as the last weights of a network of torchvision have rows."""
    last = list(state.values())[-1:]
    return len(last[0]) if last and last[0].ndim else otherwise


def _from_factory(
    source: str, weights: Path | None, runtime: Runtime, options: ModelOptions
) -> Classifier:
    model, stated = own_network(source)
    seen = (stated or ModelInput.unknown(channels=options.channels or 3)).changed(options)
    if weights is not None:
        fill(model, weights)
    known = seen if stated or options.mean is not None else None
    warning = f"model {source} was in train mode, but it is explained in eval mode"
    return Classifier(
        source=source,
        weights=None if weights is None else str(weights),
        sha256=_weights_hash(model) if weights is None else file_sha256(weights),
        warnings=(warning,) * mode_matters(model),
        model=guarded_classifier(in_eval_mode(runtime.place(normalised(model, known))), source),
        classes=(),
        options=options.input_options(),
        input=seen,
    )


def _from_program(
    source: str, weights: Path | None, runtime: Runtime, options: ModelOptions
) -> Classifier:
    _check_program_file(source, weights)
    program = load_program(Path(source), runtime.device)
    seen = ModelInput.unknown(program.channels, program.side).changed(options)
    _check_program(source, program, seen)
    known = seen if options.mean is not None else None
    return Classifier(
        source=source,
        weights=None,
        sha256=file_sha256(Path(source)),
        model=guarded_classifier(runtime.place(normalised(program.model, known)).eval(), source),
        classes=(),
        options=options.input_options(),
        input=seen,
    )


def _check_program_file(source: str, weights: Path | None) -> None:
    if weights is not None:
        raise ModelError(f"model {source} is an exported program, but --weights is for the others")
    if not Path(source).is_file():
        raise ModelError(f"model '{source}' does not exist, but an exported program is wanted")


def _check_program(source: str, program: LoadedProgram, seen: ModelInput) -> None:
    shape = (program.channels, program.side, program.side)
    given = seen.shape
    for fixed, is_so, wanted in zip(program.fixed, given, shape, strict=True):
        if fixed and is_so != wanted:
            raise ConfigError(
                f"--channels and --input-size say {given[0]}x{given[1]}x{given[2]}, but {source} "
                f"was exported for {shape[0]}x{shape[1]}x{shape[2]}"
            )


def _weights_hash(model: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, value in model.state_dict().items():
        digest.update(name.encode())
        for part in tree_leaves(value):  # a module's extra state may be anything
            digest.update(_content(part))
    for module in model.modules():
        for part in _constants(module):
            digest.update(_content(part))
    return digest.hexdigest()


def _constants(module: nn.Module) -> list[Tensor]:
    """Where freezing has put the weights of what is scripted: into its code."""
    if not isinstance(module, torch.jit.ScriptModule) or not hasattr(module, "inlined_graph"):
        return []
    graph: Any = module.inlined_graph  # its nodes are gone with it
    held = [one for one in graph.findAllNodes("prim::Constant") if one.hasAttribute("value")]
    return [node.t("value") for node in held if node.kindOf("value") == "t"]


def _content(value: Any) -> bytes:
    if not isinstance(value, Tensor):
        return repr(value).encode() if isinstance(value, _PLAIN) else b""
    if value.is_quantized:
        value = value.int_repr()
    # As bytes: NumPy does not have all of torch's types.
    content: bytes = value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
    return content
