"""Cascading randomisation: a network that forgets layer by layer, from its output on."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from xaitool.core.frozen.sight import check_in_sight
from xaitool.core.frozen.untouched import untouched
from xaitool.core.frozen.users_model import bare
from xaitool.core.seeding import random_stream
from xaitool.errors import ModelError


def cascading_randomisation(
    model: nn.Module, images: Tensor, *, seed: int
) -> Iterator[tuple[str, nn.Module]]:
    """Copies of a model with more and more layers replaced by noise, output layer first.

    The check of Adebayo et al. 2018 (Sanity Checks for Saliency Maps) as GANMEX has it (Shih et
    al. 2021, section 4.1): weights become Gaussian ones of the same norm, and a layer that was
    replaced stays so in all later copies.

    What the papers leave open: every parameter tensor keeps its own L2 norm, biases and the scales
    of batch normalisation too, so a bias of zeros stays one. Running statistics of batch
    normalisation are no weights and stay, as the normalisation of the pixels does. A layer is a
    module that holds a weight of two dimensions or more; modules that hold vectors only, such as
    batch normalisation, go with the layer before them. The order is that in which a forward pass
    uses the weights, not that in which the network lists them; weights that it does not use stay.
    Draws depend on the seed and the tensor's name alone.

    Args:
        model: The network; it is copied and left exactly as it was.
        images: One image or more, ``(N, C, H, W)``, on which the order is found.
        seed: Of the weights.

    Yields:
        The layer's name and a copy of its own, in the mode of the model, in which this layer and
        those after it are random; the last copy is random all through.

    Raises:
        ModelError: The model cannot be copied, uses no weights, or not all of them are seen.
    """
    layers = weight_layers(model, images)
    current = _copied(model)
    for name, parameters in reversed(layers.items()):
        current = _copied(current)
        for parameter in parameters:
            weights = bare(current).get_parameter(parameter)
            _randomise(weights, random_stream(seed, "randomise", parameter))
        yield name, current


def weight_layers(model: nn.Module, images: Tensor) -> dict[str, list[str]]:
    """The layers of a network in the order in which a forward pass uses them.

    Args:
        model: The network.
        images: One image or more, ``(N, C, H, W)``.

    Returns:
        The name of each layer to the names of its parameters, as `cascading_randomisation` says.

    Raises:
        ModelError: The network uses no weights, or not all of them are seen.
    """
    check_in_sight(model, "its weights are to be randomised")
    with untouched(model) as own, torch.no_grad(), _Uses() as uses:
        own(images)
    model = bare(model)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    owners: dict[str, list[str]] = {}
    for name in [names[one] for one in uses.order if one in names]:
        owners.setdefault(name.rpartition(".")[0], []).append(name)
    layers = _with_followers(owners, model)
    if not layers:
        raise ModelError("the model has no weights that it uses, but some are to be randomised")
    return {name or type(model).__name__: parameters for name, parameters in layers.items()}


def _with_followers(owners: dict[str, list[str]], model: nn.Module) -> dict[str, list[str]]:
    """Modules that hold vectors only, put to the layer before them; before the first: to it."""
    layers: dict[str, list[str]] = {}
    waiting: list[str] = []
    for owner, parameters in owners.items():
        if any(model.get_parameter(name).ndim > 1 for name in parameters):
            layers[owner] = [*waiting, *parameters]
            waiting = []
        elif layers:
            layers[next(reversed(layers))] += parameters
        else:
            waiting += parameters
    return layers or ({next(iter(owners)): waiting} if waiting else {})


class _Uses(TorchFunctionMode):
    """Remembers which parameters were used, by identity, the first use first.

    Seen from here modules, functions and the graph of an exported program are alike; hooks would
    miss the last two.
    """

    def __init__(self) -> None:
        super().__init__()
        self.order: dict[int, None] = {}

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        # To ask a weight for its device or shape is not to use it.
        if getattr(func, "__name__", "") != "__get__":
            for leaf in tree_leaves((args, kwargs)):
                if isinstance(leaf, nn.Parameter):
                    self.order.setdefault(id(leaf))
        return func(*args, **(kwargs or {}))


def _copied(model: nn.Module) -> nn.Module:
    try:
        return copy.deepcopy(model)
    except Exception as error:  # whatever a user's module holds
        raise ModelError(
            f"the model cannot be copied ({' '.join(str(error).split())[:200]}), but its weights "
            "are randomised in a copy"
        ) from error


@torch.no_grad()
def _randomise(parameter: nn.Parameter, random: torch.Generator) -> None:
    noise = torch.randn(parameter.shape, generator=random, dtype=torch.float64)
    norm = parameter.double().norm().cpu()
    parameter.copy_(noise * (norm / noise.norm()))
