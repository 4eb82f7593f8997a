"""Any classification network of torchvision, with normalisation as its first layer."""

from __future__ import annotations

import contextlib
import re
import sys
import textwrap
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torchvision
from torch import Tensor, nn

from xaitool.core.models.classifiers.sizes import check_classifier
from xaitool.core.models.normalise import Normalise
from xaitool.errors import ModelError, UnknownNameError

_AUXILIARY = {"inception_v3": ("AuxLogits.",), "googlenet": ("aux1.", "aux2.")}
"""Parameters of the auxiliary classifiers, which help training only and are left out."""

Weights = Mapping[str, Tensor] | Callable[[], Mapping[str, Tensor]]

_OLD_DENSENET_KEY = re.compile(r"(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..*)")


class TorchvisionClassifier(nn.Module):
    """Normalisation, then a network of torchvision: logits ``(N, K)`` from [0, 1].

    Grey images are repeated to the three channels that torchvision's networks take.

    Args:
        network: From normalised ``(N, 3, H, W)`` to logits.
        mean: Of the images, one value a channel.
        standard_deviation: One value a channel.
    """

    def __init__(
        self, network: nn.Module, mean: Sequence[float], standard_deviation: Sequence[float]
    ) -> None:
        super().__init__()
        self.normalise = Normalise(mean, standard_deviation)
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(N, K)`` of images ``(N, C, H, W)`` in [0, 1]."""
        logits: Tensor = self.network(self.normalise(images).expand(-1, 3, -1, -1))
        return logits


@dataclass(frozen=True)
class Preprocessing:
    """What torchvision does to an image before a network with its default weights.

    Attributes:
        resize: Wanted length of the shorter side, pixels.
        crop: Side of the central square that is cut, pixels.
        interpolation: Of the resizing, always with antialias.
        mean: One value a channel, in pixel units of [0, 1].
        standard_deviation: One value a channel.
        categories: Class names.
    """

    resize: int
    crop: int
    interpolation: Literal["bilinear", "bicubic"]
    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]
    categories: tuple[str, ...]


def names() -> tuple[str, ...]:
    """Classification networks of torchvision, such as ``resnet18``."""
    return tuple(torchvision.models.list_models(module=torchvision.models))


def build(
    name: str,
    classes: int,
    *,
    shape: tuple[int, int, int],
    mean: Sequence[float],
    standard_deviation: Sequence[float],
    weights: Weights | None = None,
) -> TorchvisionClassifier:
    """Build a network of torchvision.

    Inception and GoogLeNet are built without their auxiliary classifiers, so that they return
    logits in training too, and always with ``transform_input``, as torchvision's own weights want
    it: after ImageNet's normalisation it makes the input ``(x - 0.5) / 0.5``.
    Vision transformers are built for the given image size.

    Args:
        name: One of `names`.
        classes: Number K of logits.
        shape: Image shape ``(C, H, W)``, C 1 or 3.
        mean: Of the images, one value a channel, in pixel units of [0, 1].
        standard_deviation: One positive value a channel.
        weights: torchvision's state dict for this network and number of classes, as
            `download_weights` gives it, or what gives it once all else fits; None: random.

    Raises:
        UnknownNameError: torchvision has no such classification network.
        ModelError: The images or the weights do not fit.
    """
    _check_name(name)
    check_classifier(name, shape, classes, mean, standard_deviation)
    if shape[0] not in (1, 3):
        raise ModelError(f"images have {shape[0]} channels, but {name} wants 1 or 3")
    network = bare_network(name, classes, shape)
    _check_shape(network, name, shape)
    made = TorchvisionClassifier(network, mean, standard_deviation)
    if weights is not None:
        fill(made, name, weights)
    return made


def download_weights(name: str) -> dict[str, Tensor]:
    """Default weights of torchvision, from PyTorch's cache or downloaded into it.

    The progress bar goes to stderr; the file's checksum is verified.

    Raises:
        UnknownNameError: torchvision has no such classification network.
        ModelError: They cannot be downloaded.
    """
    _check_name(name)
    weights = torchvision.models.get_model_weights(name).DEFAULT
    try:
        # torch names the file on stdout, which belongs to data
        with contextlib.redirect_stdout(sys.stderr):
            state = weights.get_state_dict(progress=True, check_hash=True, weights_only=True)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"weights of {name} cannot be downloaded from {weights.url} ({reason}), but a file of "
            "tensors is wanted",
            hint="download that file elsewhere and name it by --weights FILE",
        ) from None
    return as_float32(state, f"weights of {name} are no mapping of names to tensors")


def preprocessing(name: str) -> Preprocessing:
    """What torchvision's default weights of a network expect; downloads nothing.

    Raises:
        UnknownNameError: torchvision has no such classification network.
    """
    _check_name(name)
    weights = torchvision.models.get_model_weights(name).DEFAULT
    preset = weights.transforms()
    return Preprocessing(
        resize=preset.resize_size[0],
        crop=preset.crop_size[0],
        interpolation=preset.interpolation.value,
        mean=tuple(preset.mean),
        standard_deviation=tuple(preset.std),
        categories=tuple(weights.meta["categories"]),
    )


def _check_name(name: str) -> None:
    if name not in names():
        raise UnknownNameError("torchvision model", name, names())


def bare_network(name: str, classes: int, shape: tuple[int, int, int]) -> nn.Module:
    """As torchvision builds it, with random weights and no auxiliary classifiers; see `build`."""
    arguments: dict[str, Any] = {"num_classes": classes}
    if name in _AUXILIARY:
        arguments |= {"aux_logits": False, "init_weights": True, "transform_input": True}
    if name.startswith("vit_"):
        arguments["image_size"] = shape[1]
    if name.startswith("maxvit"):
        arguments["input_size"] = shape[1:]
    try:
        network: nn.Module = torchvision.models.get_model(name, weights=None, **arguments)
    except (ValueError, AssertionError):  # vision transformers check their size when built
        raise _size_error(name, shape) from None
    return network


def _check_shape(network: nn.Module, name: str, shape: tuple[int, int, int]) -> None:
    """Run the network with tensors without memory, where only shapes exist."""
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    ghosts = {key: value.to("meta") for key, value in tensors.items()}
    try:
        with torch.no_grad():
            image = torch.empty(1, 3, *shape[1:], device="meta")
            torch.func.functional_call(network.eval(), ghosts, image)
    except Exception:  # assertions, value and run-time errors: torchvision's networks raise any
        raise _size_error(name, shape) from None
    network.train()


def _size_error(name: str, shape: tuple[int, int, int]) -> ModelError:
    return ModelError(
        f"images are {shape[1]}x{shape[2]}, but {name} wants another size",
        hint=f"torchvision's own is {preprocessing(name).crop}; --image-size changes it in "
        "training, --input-size in explain and evaluate",
    )


def fill(
    classifier: TorchvisionClassifier,
    name: str,
    weights: Weights,
    *,
    called: str = "weights",
    hint: str | None = None,
) -> None:
    """Give a network its weights; see `build`.

    Args:
        classifier: The network.
        name: One of `names`.
        weights: Its state dict, or what gives it.
        called: What the message calls them, such as ``weights 'resnet.pt'``.
        hint: What to do where they do not fit.

    Raises:
        ModelError: They do not fit.
    """
    weights = weights() if callable(weights) else weights
    state = OrderedDict(
        (_OLD_DENSENET_KEY.sub(r"\1\2", key), value)
        for key, value in weights.items()
        if not key.startswith(_AUXILIARY.get(name, ()))
    )
    # torch's own versions of layers, without which some networks refuse their weights.
    if hasattr(weights, "_metadata"):
        state._metadata = weights._metadata  # type: ignore[attr-defined]
    try:
        classifier.network.load_state_dict(state)
    except Exception as error:
        lines = str(error).splitlines()
        said = lines[min(1, len(lines) - 1)].strip()
        reason = _misfit(state, classifier.network.state_dict()) or textwrap.shorten(said, 160)
        message = f"{called} do not fit {name} ({reason}), but its own are wanted"
        raise ModelError(message, hint=hint) from None


def _misfit(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    """How many of a network's tensors there are, and the first that is not as it should be."""
    there = [key for key in wanted if key in state]
    lacking = [key for key in wanted if key not in state]
    foreign = [key for key in state if key not in wanted]
    other = [key for key in there if state[key].shape != wanted[key].shape]
    if lacking:
        first = f"there is no '{lacking[0]}'"
    elif other:
        found, shape = tuple(state[other[0]].shape), tuple(wanted[other[0]].shape)
        first = f"'{other[0]}' is {found}, not {shape}"
    elif foreign:
        first = f"'{foreign[0]}' is none of them"
    else:
        return ""
    shapes = f", {len(other)} of them in another shape" if other else ""
    return f"{len(there)} of its {len(wanted)} tensors are there{shapes}; {first}"


def as_float32(weights: Any, message: str) -> dict[str, Tensor]:
    """A state dict with float32 for whatever is floating.

    In place: a copy would lose the versions of layers, an attribute of the mapping.

    Raises:
        ModelError: It is no mapping of names to tensors; the message is the given one.
    """
    if not isinstance(weights, dict):
        raise ModelError(message)
    for key, value in weights.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise ModelError(message)
        weights[key] = value.float() if value.is_floating_point() else value
    return weights
