"""What every classification loss shares: the contract and its checks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xaitool.errors import ConfigError, ShapeError
from xaitool.options import NoOptions, Options


class Loss(nn.Module, ABC):
    """From logits and labels to one number, as a drop-in in any training loop.

    Numerically safe and finite for any finite logits and any composition of the batch, and equal
    for any order of its samples, to rounding.

    Args:
        class_weights: One weight a class, λ of the LGL-INR paper's equation 1, as
            `parse_class_weights` gives them; None: all are 1. Move the loss to the device of the
            model as any module.
        **options: The fields of `Options`.

    Attributes:
        weighted: Whether it takes class weights.
        warm_up: Whether it wants epochs of cross-entropy first, and then a new optimiser: its
            gradient vanishes on samples that are badly misclassified.
        compares_classes: Whether the classes of a batch are compared with one another, so that
            a batch smaller than the number of classes is no error but says less.
        one_vs_all: Whether each output says by its sigmoid whether a sample is of its class, so
            that this is its probability; else a softmax is.
        balances: Whether mean probabilities balance at its optimum, see `PredictionBalance`.
        fewest_classes: How many classes it makes sense for.

    Raises:
        ConfigError: An option is unknown or out of range, or class weights are given to a loss
            that takes none, or some are negative or not finite, or all are 0.

    Example:
        Every loss is used like this one.

        >>> import torch
        >>> from xaitool.core.losses.lgl_inr import LglInr
        >>> loss = LglInr(beta=2)
        >>> logits = torch.zeros(4, 3, requires_grad=True)
        >>> value = loss(logits, torch.tensor([0, 1, 2, 2]))
        >>> value.backward()
        >>> round(value.item(), 4)  # 3 outputs, 2 log 2 each
        4.1589
    """

    Options: ClassVar[type[Options]] = NoOptions
    weighted: ClassVar[bool] = False
    warm_up: ClassVar[bool] = False
    compares_classes: ClassVar[bool] = False
    one_vs_all: ClassVar[bool] = False
    balances: ClassVar[bool] = False
    fewest_classes: ClassVar[int] = 2

    def __init__(
        self, *, class_weights: Sequence[float] | Tensor | None = None, **options: Any
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if class_weights is not None and not self.weighted:
            raise ConfigError(f"{name} has class weights, but it takes none")
        self.options: Any = self.Options.from_mapping(options, source=name)
        weights = None if class_weights is None else torch.as_tensor(class_weights)
        if weights is not None and not _usable(weights):
            raise ConfigError(
                f"{name} has class weights {weights.tolist()}, "
                "but finite ones of at least 0, not all 0, are wanted"
            )
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", weights, persistent=False)

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: ``(N, K)``, floating, any finite value, at least one sample; half precision is
                taken to float32.
            labels: int64 ``(N,)`` in [0, K), on the same device. They are not looked at, which
                would make a GPU wait: one outside is an error of the device.

        Returns:
            A scalar.

        Raises:
            ShapeError: A shape or dtype does not fit, or there are too few classes.
        """
        self._check(logits, labels)
        # A mixed-precision loop's logits are half as long as counts and logarithms want them.
        half = logits.dtype in (torch.float16, torch.bfloat16)
        return self._loss(logits.float() if half else logits, labels)

    @abstractmethod
    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of a checked batch."""

    def _check(self, logits: Tensor, labels: Tensor) -> None:
        name = type(self).__name__
        if logits.ndim != 2 or not len(logits) or not logits.is_floating_point():
            raise ShapeError(
                f"logits are {logits.dtype} {tuple(logits.shape)}, "
                "but floating (samples, classes) with at least 1 sample is wanted"
            )
        if labels.shape != logits.shape[:1] or labels.dtype != torch.int64:
            raise ShapeError(
                f"labels are {labels.dtype} {tuple(labels.shape)}, "
                f"but int64 ({len(logits)},) is wanted"
            )
        classes = logits.shape[1]
        if classes < self.fewest_classes:
            raise ShapeError(
                f"logits have {classes} classes, but {name} wants at least {self.fewest_classes}"
            )
        if self.class_weights is not None and self.class_weights.shape != (classes,):
            raise ShapeError(
                f"{name} has {tuple(self.class_weights.shape)} class weights, "
                f"but ({classes},) are wanted"
            )

    def _sample_weights(self, losses: Tensor, labels: Tensor) -> Tensor:
        """Each sample's loss ``(N,)`` times the weight of its class."""
        if self.class_weights is None:
            return losses
        return losses * self.class_weights.to(losses.dtype)[labels]


def _usable(weights: Tensor) -> bool:
    return bool(weights.isfinite().all() and (weights >= 0).all() and (weights > 0).any())
