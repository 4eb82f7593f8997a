"""The one place where a model that is not ours is called.

A model may write into its input (``x -= mean``), although whoever called it still needs the images;
it may return its logits among other things, in another dtype than that of the images, or a single
one for two classes. Behind what stands here none of that can be noticed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from xaitool.errors import ModelError

# Autograd's names of what changes no value.
_RESHAPING_NAMES = """
    Alias Clone Permute ReshapeAlias Select Squeeze ToCopy Transpose UnsafeView Unsqueeze View
"""
_RESHAPING = frozenset(_RESHAPING_NAMES.split())


class UsersModel(nn.Module):
    """A model that gets its own copy of the images, and returns a tensor of their dtype.

    The copy is differentiable, and costs nothing beside a network. Of several things that the model
    returns the one that is called ``logits`` is taken, or the only one with a row for each image.

    Args:
        model: The user's, which stays as it is.
        name: How messages call it.
    """

    def __init__(self, model: nn.Module, name: str = "the model") -> None:
        super().__init__()
        self.model = model
        self.name = name
        self.training = getattr(model, "training", False)  # frozen TorchScript has no mode

    def forward(self, images: Tensor) -> Any:
        """What the model returns for ``(N, ...)``: ``(N, ...)`` in their dtype.

        Raises:
            ModelError: It returns several things, and nothing says which are the logits.
        """
        output = only_tensor(self.name, self.model(images.clone()), len(images))
        floating = isinstance(output, Tensor) and output.is_floating_point()
        return output.to(images.dtype) if floating else output


class UsersClassifier(UsersModel):
    """A model that returns logits ``(N, K)`` with two classes or more.

    A single logit z, ``(N, 1)`` or ``(N,)``, becomes the two of ``(-z/2, z/2)``: their softmax is
    the sigmoid of z, class 1 against class 0 is z itself, and either class can be explained by
    itself; of ``(0, z)`` class 0 is the constant 0, of which there is nothing to explain.
    """

    def forward(self, images: Tensor) -> Any:
        """Logits ``(N, K)``; what is none as the model returns it."""
        output = super().forward(images)
        if not _is_number_per_image(output, images):
            return output
        half = output.reshape(len(images), 1) / 2
        return torch.cat([-half, half], 1)

    def is_sigmoid(self, images: Tensor, logits: Tensor) -> bool:
        """Whether it returned a single probability, not a logit: 0.5 would stand for class 1.

        Args:
            images: Some that it takes, ``(N, C, H, W)``.
            logits: What `forward` returned for them.
        """
        if logits.shape[1] != 2 or (logits[:, 1] < 0).any() or logits.sum(1).any():
            return False
        with torch.inference_mode(False), torch.enable_grad():
            output = super().forward(images.clone().detach().requires_grad_())
        return _is_number_per_image(output, images) and ends_in_sigmoid(output)


class UsersDiscriminator(UsersModel):
    """A model that returns one number an image, in whatever shape, as a column of logits."""

    def __init__(self, model: nn.Module, name: str = "the discriminator") -> None:
        super().__init__(model, name)

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(N, 1)`` of images ``(N, C, H, W)``.

        Raises:
            ModelError: The model returns something else.
        """
        output = super().forward(images)
        if not _is_number_per_image(output, images):
            found = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise ModelError(
                f"{self.name} returns {found} for images {tuple(images.shape)}, but logits "
                f"({len(images)}, 1) are wanted"
            )
        column: Tensor = output.reshape(len(images), 1)
        return column

    def __getattr__(self, name: str) -> Any:
        """Also what the user's own model has: a user's explanation may look for its parts."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name == "model" or name.startswith("__"):  # not yet made, or asked by a copy
                raise
            return getattr(self.model, name)


def guarded(model: nn.Module) -> UsersModel:
    """A model as it is to be called; one that is guarded already, as it is."""
    return model if isinstance(model, UsersModel) else UsersModel(model)


def bare(model: nn.Module) -> nn.Module:
    """The user's own model, whose modules and weights have the names that the user knows."""
    return model.model if isinstance(model, UsersModel) else model


def class_name(model: nn.Module) -> str:
    """What messages call a model: the name of the user's own class."""
    return type(bare(model)).__name__


def only_tensor(name: str, output: Any, rows: int) -> Any:
    """The logits among what a model returns; what is no collection, as it is.

    Args:
        name: How messages call the model.
        output: A tensor; or a tuple, list, mapping or what has fields, such as named tuples of
            torchvision and model outputs of Hugging Face.
        rows: How many images it was given.

    Raises:
        ModelError: It is none, or several, of those.
    """
    if isinstance(output, Tensor):
        return output
    if isinstance(output, Mapping):
        named, parts = output.get("logits"), list(output.values())
    else:
        named = getattr(output, "logits", None)
        parts = list(output) if isinstance(output, tuple | list) else []
    if isinstance(named, Tensor):
        return named
    if not isinstance(output, Mapping | tuple | list):
        return output
    tensors = [part for part in parts if _has_rows(part, rows)]
    if len(tensors) != 1:
        shapes = " and ".join(str(tuple(one.shape)) for one in tensors) or "no tensors"
        raise ModelError(
            f"{name} returns a {type(output).__name__} of {shapes} for {rows} images, but "
            "logits alone are wanted",
            hint="return them alone, or call them logits: a key, or a field of a named tuple",
        )
    return tensors[0]


def ends_in_sigmoid(output: Tensor) -> bool:
    """Whether a tensor with a graph is a sigmoid's, function or module."""
    node: Any = output.grad_fn
    while node is not None and _operation(node) in _RESHAPING:
        node = node.next_functions[0][0]
    return node is not None and _operation(node) == "Sigmoid"


def _operation(node: Any) -> str:
    return re.sub(r"Backward\d*$", "", node.name())


def _has_rows(part: Any, rows: int) -> bool:
    return isinstance(part, Tensor) and part.is_floating_point() and part.shape[:1] == (rows,)


def _is_number_per_image(output: Any, images: Tensor) -> bool:
    """Whether it is one number for each image; of a single image it may have no shape at all."""
    if not isinstance(output, Tensor) or not output.is_floating_point():
        return False
    if output.ndim == 0:
        return len(images) == 1
    return len(output) == len(images) and output.shape[1:].numel() == 1
