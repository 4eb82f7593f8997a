"""Where a straight path is walked: among images, or behind a network's linear first layer.

Behind a linear layer a straight path is still straight, and gradients can be summed there before
they go back through the layer. So it is computed once for the ends of a path and once for the sum,
not twice for every point; in a residual network it is a third of the whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NoReturn

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from xaitool.core.frozen.sight import is_recomputed
from xaitool.core.frozen.users_model import guarded
from xaitool.core.gradients import gradients, score_and_gradient
from xaitool.core.score import Score

# How many units in the last place of the largest feature count as linear.
_ROUNDING = 2000


class PathSpace(ABC):
    """A space in which straight paths between images are straight, too.

    Args:
        model: From images to logits, frozen and in eval mode.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = guarded(model)

    @abstractmethod
    def enter(self, images: Tensor) -> Tensor:
        """Points ``(n, ...)`` of images ``(n, C, H, W)``."""

    @abstractmethod
    def gradient(self, images: Tensor, points: Tensor, score: Score, weight: Tensor) -> Tensor:
        """Weighted gradient of the score at each point.

        Args:
            images: ``(n, C, H, W)``, any that the model takes.
            points: ``(n, ...)``.
            score: For these n points.
            weight: ``(n,)``.

        Returns:
            Shape of `points`, detached.
        """

    @abstractmethod
    def leave(self, images: Tensor, gradient: Tensor) -> Tensor:
        """The gradient ``(n, C, H, W)`` at images that is `gradient` in this space."""


class Pixels(PathSpace):
    """The images themselves."""

    def enter(self, images: Tensor) -> Tensor:
        """They are their own points."""
        return images

    def gradient(self, images: Tensor, points: Tensor, score: Score, weight: Tensor) -> Tensor:
        """The plain gradient."""
        gradient = score_and_gradient(self.model, points, score)[1]
        return gradient * weight.view(-1, 1, 1, 1)

    def leave(self, images: Tensor, gradient: Tensor) -> Tensor:
        """It stays."""
        return gradient


class LinearStem(PathSpace):
    """Behind a network's first convolution or linear layer, which is all it sees of an image."""

    def enter(self, images: Tensor) -> Tensor:
        """What the first layer returns."""
        with torch.no_grad():
            return self._features(images)

    def gradient(self, images: Tensor, points: Tensor, score: Score, weight: Tensor) -> Tensor:
        """The gradient at the first layer's output; the layer itself is not computed."""
        points = points.detach().requires_grad_()
        with _FirstLayer(lambda compute: points.clone()):
            scores = score(self.model(images))
        (gradient,) = gradients((scores * weight).sum(), points)
        return gradient

    def leave(self, images: Tensor, gradient: Tensor) -> Tensor:
        """Back through the first layer and what comes before it."""
        leaf = images.detach().requires_grad_()
        (result,) = gradients(self._features(leaf), leaf, gradient)
        return result

    def _features(self, images: Tensor) -> Tensor:
        try:
            with _FirstLayer(_leave_with):
                self.model(images)
        except _Left as left:
            return left.result
        raise LookupError("the model has no first layer")

    def fits(self, image: Tensor, rows: int) -> bool:
        """Whether the layer is linear and all that depends on an image, for so many at once.

        Args:
            image: ``(1, C, H, W)``.
            rows: Largest number of images in one forward pass.
        """
        other = 1 - image
        try:
            # A model may part its batch, or move the batch elsewhere.
            if len(self.enter(image.expand(rows, -1, -1, -1))) != rows:
                return False
            one, two = self.enter(torch.cat([image, other]))
            if one.dtype != image.dtype:  # as under autocast: too coarse to be told from linear
                return False
            # By itself: a model may look at the whole batch.
            (between,) = self.enter(0.7 * image + 0.3 * other)
        except (LookupError, ValueError):
            return False
        if not one.is_floating_point():  # quantised
            return False
        scale = max(float(one.abs().max()), float(two.abs().max()))
        tolerance = _ROUNDING * torch.finfo(one.dtype).eps * scale
        linear = (0.7 * one + 0.3 * two - between).abs().max() <= tolerance
        return bool(linear) and self._is_all_that_is_seen(image, one[None])

    def _is_all_that_is_seen(self, image: Tensor, features: Tensor) -> bool:
        leaf, point = image.detach().requires_grad_(), features.detach().requires_grad_()
        with _FirstLayer(lambda compute: point.clone()):
            logits = self.model(leaf)
        if not isinstance(logits, Tensor) or not logits.requires_grad:
            return False
        around, through = gradients(logits.sum(), (leaf, point), allow_unused=True)
        return around is None and through is not None


def path_space(model: nn.Module, image: Tensor, rows: int) -> PathSpace:
    """The space in which paths cost least.

    Args:
        model: From images to logits, frozen and in eval mode.
        image: One that it takes, ``(1, C, H, W)`` in [0, 1].
        rows: Largest number of images in one forward pass.
    """
    stem = LinearStem(model)
    return stem if stem.fits(image.detach(), rows) else Pixels(model)


class _FirstLayer(TorchFunctionMode):
    """Exchanges the result of the first convolution or linear layer.

    Args:
        exchange: Given what computes the result, returns another.
    """

    def __init__(self, exchange: Callable[[Callable[[], Tensor]], Tensor]) -> None:
        super().__init__()
        self.exchange: Callable[[Callable[[], Tensor]], Tensor] | None = exchange

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        def compute() -> Any:
            return func(*args, **(kwargs or {}))

        name = getattr(func, "__name__", "").partition(".")[0]
        exchange = self.exchange
        if exchange is None or name not in ("conv2d", "linear"):
            return compute()
        self.exchange = None
        return compute() if is_recomputed() else exchange(compute)


class _Left(BaseException):  # not an Exception: a model may catch those
    def __init__(self, result: Tensor) -> None:
        super().__init__()
        self.result = result


def _leave_with(compute: Callable[[], Tensor]) -> NoReturn:
    raise _Left(compute())
