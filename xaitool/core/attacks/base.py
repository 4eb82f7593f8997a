"""What every attack shares: the contract, its checks, and its promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from xaitool.core.attacks.engine.draws import Draws
from xaitool.core.attacks.engine.outcome import AttackResult, Outcome
from xaitool.core.batching import ROWS, check_rows
from xaitool.core.frozen.untouched import untouched
from xaitool.errors import ModelError, ShapeError
from xaitool.options import NoOptions, Options, option

AttackKind = Literal["one-step", "iterated", "black-box"]
"""One step by gradients, several, or none: what should be stronger than what."""

_BOX_TOLERANCE = 1e-6


class Attack(ABC):
    """Moves images until a classifier gets them wrong.

    An attack has no model; its options are set once, and it is called for any model and images.
    The model is attacked in eval mode with frozen parameters and left exactly as it was. What is
    random is keyed by the generator's seed and each sample's pixels, so that neither the order
    nor the batching of samples changes a result; the generator's state is neither read nor
    changed, so another draw wants another seed.

    Args:
        rows: Largest number of images in one forward pass: the memory budget. It does not change
            the result beyond rounding.
        **options: The fields of `Options`.

    Raises:
        ConfigError: An option is unknown or out of range, or `rows` is below 1.

    Example:
        Every attack is used like this one.

        >>> import torch
        >>> from xaitool.core.attacks.pgd import ProjectedGradientDescent
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        >>> images, labels = torch.rand(4, 3, 8, 8), torch.tensor([3, 1, 4, 1])
        >>> attack = ProjectedGradientDescent(epsilon=0.1, restarts=2)
        >>> result = attack.run(model, images, labels, generator=torch.Generator().manual_seed(0))
        >>> bool((result.linf <= 0.1 + 1e-6).all())
        True
        >>> bool((model(result.images).argmax(1) != labels).equal(result.success))
        True
    """

    Options: ClassVar[type[Options]] = NoOptions
    kind: ClassVar[AttackKind] = "iterated"

    def __init__(self, *, rows: int = ROWS, **options: Any) -> None:
        check_rows(rows)
        self.rows = rows
        self.options: Any = self.Options.from_mapping(options, source=type(self).__name__)

    def __call__(
        self, model: nn.Module, images: Tensor, labels: Tensor, *, generator: torch.Generator
    ) -> Tensor:
        """The adversarial images alone; see `run`."""
        return self.run(model, images, labels, generator=generator).images

    def run(
        self, model: nn.Module, images: Tensor, labels: Tensor, *, generator: torch.Generator
    ) -> AttackResult:
        """Attack a batch.

        Args:
            model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``.
            images: ``(N, C, H, W)``, floating, in [0, 1].
            labels: The true classes, int64 ``(N,)``.
            generator: Its seed is the seed of all random draws.

        Raises:
            ShapeError: A shape, dtype or pixel value does not fit, or a label is no class.
            ModelError: The output is not ``(N, K)`` with enough classes, or no gradient reaches
                the images.
        """
        _check(images, labels)
        # Gradients are wanted, in the dtype of the images, whatever the caller is in the middle of.
        plain = torch.autocast(images.device.type, enabled=False)
        with torch.inference_mode(False), plain, untouched(model) as own:
            # Autograd refuses what was made in inference mode.
            images, labels = images.clone().detach(), labels.clone()
            self._check_classes(own, images, labels)
            outcome = Outcome.of(images)
            for start in range(0, len(images), self.rows):
                part = slice(start, start + self.rows)
                draws = Draws(images[part], generator.initial_seed(), type(self).__name__)
                self._attack(own, images[part], labels[part], draws, outcome.part(part))
            return outcome.result(images)

    @abstractmethod
    def _attack(
        self, model: nn.Module, images: Tensor, labels: Tensor, draws: Draws, outcome: Outcome
    ) -> None:
        """Attack at most `rows` checked samples of a frozen model, and fill `outcome` in."""

    @property
    def _fewest_classes(self) -> int:
        return 2

    def _check_classes(self, model: nn.Module, images: Tensor, labels: Tensor) -> None:
        if not len(images):
            return
        with torch.no_grad():
            shape = tuple(model(images[:1]).shape)
        if len(shape) != 2 or shape[0] != 1 or shape[1] < self._fewest_classes:
            raise ModelError(
                f"the model's output for one image is {shape}, but (1, classes) with at least "
                f"{self._fewest_classes} classes is wanted by {type(self).__name__}"
            )
        lowest, highest = int(labels.min()), int(labels.max())
        if lowest < 0 or highest >= shape[1]:
            raise ShapeError(
                f"the labels go from {lowest} to {highest}, but 0 to {shape[1] - 1} is wanted"
            )


@dataclass(frozen=True, kw_only=True)
class BudgetOptions(Options):
    """Options of a `FixedBudgetAttack`."""

    epsilon: float = option(
        8 / 255, "Largest change of a pixel value.", minimum=0, maximum=1, unit="PIXEL-VALUE"
    )


class FixedBudgetAttack(Attack):
    """An attack that stays within `epsilon` of every pixel value (L∞); 0 leaves the image."""

    Options: ClassVar[type[Options]] = BudgetOptions

    def _inside(self, points: Tensor, images: Tensor) -> Tensor:
        """The nearest points ``(n, C, H, W)`` within the budget and [0, 1]."""
        epsilon = self.options.epsilon
        return (images + (points - images).clamp(-epsilon, epsilon)).clamp(0, 1)


class MinimumNormAttack(Attack):
    """An attack that looks for the nearest misclassified image (L2), however far it is.

    Where it finds none, the result has the image itself, without success: a distance of 0 there
    is no distance of an attack.
    """


def _check(images: Tensor, labels: Tensor) -> None:
    if images.ndim != 4 or not images.is_floating_point():
        raise ShapeError(
            f"images are {images.dtype} {tuple(images.shape)}, but floating (N, C, H, W) is wanted"
        )
    if labels.shape != (len(images),) or labels.dtype != torch.int64:
        raise ShapeError(
            f"labels are {labels.dtype} {tuple(labels.shape)}, "
            f"but torch.int64 ({len(images)},) is wanted"
        )
    if not len(images):
        return
    lowest, highest = images.aminmax()
    if not (lowest >= -_BOX_TOLERANCE and highest <= 1 + _BOX_TOLERANCE):
        raise ShapeError(
            f"pixel values go from {float(lowest):g} to {float(highest):g}, but [0, 1] is wanted",
            hint="normalisation belongs into the model, as its first layer",
        )
