"""What explains the discriminator to a generator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.attribution.base import AttributionMethod
from xaitool.core.frozen.untouched import untouched
from xaitool.core.score import Output, Score
from xaitool.errors import ModelError, XaitoolError
from xaitool.options import Options

Function = Callable[[Tensor, nn.Module, Tensor | None], Tensor]


class References(NamedTuple):
    """Real images that generated ones are compared with.

    Attributes:
        images: ``(U, C, H, W)`` in the GAN's own range.
        choice: int64 ``(K, N)``, which of them each of N generated images is compared with; None:
            each with all, K = U.
    """

    images: Tensor
    choice: Tensor | None = None

    def of_each(self, count: int) -> Tensor:
        """The references of each of `count` samples, ``(N, K, C, H, W)``."""
        if self.choice is None:
            return self.images.expand(count, *self.images.shape)
        return self.images[self.choice.T]


class Evidence(ABC):
    """Says how much each pixel of a generated image speaks for 'real'.

    Args:
        output: Which output of the discriminator is explained; ``probability`` is the sigmoid.
        options: ``NAME=VALUE`` texts, of `Options`.

    Raises:
        ConfigError: An option is unknown or out of range.

    Attributes:
        references: How many real images it is made with unless asked otherwise; 0: none.
        compares: Whether it makes use of references at all.
    """

    Options: ClassVar[type[Options]] = Options
    references: ClassVar[int] = 0
    compares: bool = True

    def __init__(self, output: Output = "logit", options: Sequence[str] = ()) -> None:
        self.output = output
        self.options = self.Options.from_assignments(options, source="the explanation")

    @abstractmethod
    def values(
        self, generated: Tensor, discriminator: nn.Module, references: References | None
    ) -> Tensor:
        """The explanation; the discriminator is left as it was.

        Args:
            generated: ``(N, C, H, W)`` in the GAN's own range; detached.
            discriminator: From such images to logits ``(N, 1)`` of being real.
            references: What to compare with; None: a black image.

        Returns:
            ``(N, C, H, W)``: above 0 what speaks for 'real', below 0 what speaks for 'fake'.
        """

    def reshape(self, mask: Tensor, random: torch.Generator) -> Tensor:
        """What a control makes of the mask; all others leave it.

        Args:
            mask: ``(N, C, H, W)``.
            random: CPU generator for what is drawn.
        """
        return mask


class MethodEvidence(Evidence):
    """Any attribution method, in the GAN's own range of pixels.

    Args:
        kind: The method.
        output: See `Evidence`.
        options: See `Evidence`; the method's own.

    Raises:
        ConfigError: An option is unknown or out of range.
    """

    def __init__(
        self, kind: type[AttributionMethod], output: Output = "logit", options: Sequence[str] = ()
    ) -> None:
        self.kind = kind
        self.compares = kind.needs_baseline
        self.output = output
        self.options = kind.Options.from_assignments(options, source=kind.__name__)

    def values(
        self, generated: Tensor, discriminator: nn.Module, references: References | None
    ) -> Tensor:
        """See `Evidence.values`."""
        method = self.kind(discriminator, **self.options.to_dict())
        compared = references or black(generated)
        baselines = compared.of_each(len(generated)) if method.needs_baseline else None
        score = score_of(generated, self.output)
        return method.attribute(generated, score, baselines, rows=2 * len(generated)).values


class FunctionEvidence(Evidence):
    """A user's own function of generated images, discriminator and references.

    The discriminator is in eval mode with frozen parameters; references are ``(N, K, C, H, W)`` or
    None. With ``evidence="signed"`` and ``mask_normalisation="none"`` what it returns is the mask.

    Args:
        function: Returns ``(N, C, H, W)``, finite.
        output: Not used: the function says itself what it explains.
        options: It has none.

    Raises:
        ConfigError: An option is given.
    """

    def __init__(
        self, function: Function, output: Output = "logit", options: Sequence[str] = ()
    ) -> None:
        super().__init__(output, options)
        self.function = function

    def values(
        self, generated: Tensor, discriminator: nn.Module, references: References | None
    ) -> Tensor:
        """See `Evidence.values`.

        Raises:
            ModelError: The function fails, or returns something else than it has to.
        """
        # Copies: the function may write into what it gets.
        compared = None if references is None else references.of_each(len(generated)).clone()
        with untouched(discriminator):
            returned = self._called(generated.clone(), discriminator, compared)
        if not isinstance(returned, Tensor) or returned.shape != generated.shape:
            what = (
                tuple(returned.shape) if isinstance(returned, Tensor) else type(returned).__name__
            )
            raise ModelError(
                f"the explanation returned {what}, but a tensor {tuple(generated.shape)} is wanted"
            )
        return returned.detach().to(generated)

    def _called(
        self, generated: Tensor, discriminator: nn.Module, references: Tensor | None
    ) -> object:
        try:
            return self.function(generated, discriminator, references)
        except (XaitoolError, torch.OutOfMemoryError, MemoryError):
            raise
        except Exception as error:
            what = " ".join(f"{type(error).__name__}: {error}".split())
            raise ModelError(
                f"the explanation fails on {tuple(generated.shape)} ({what}), but a tensor of that "
                "shape is wanted"
            ) from error


def load_evidence(
    xai: str | Function, output: Output = "logit", options: Sequence[str] = ()
) -> Evidence:
    """The explanation of this name; of a function, the function.

    Raises:
        UnknownNameError: There is no such name.
        ConfigError: An option is unknown or out of range.
    """
    if callable(xai):
        return FunctionEvidence(xai, output, options)
    kind = registry.load("guidance", xai)
    if issubclass(kind, AttributionMethod):
        return MethodEvidence(kind, output, options)
    made: Evidence = kind(output, options)
    return made


def score_of(images: Tensor, output: Output) -> Score:
    """The discriminator's only output."""
    return Score(torch.zeros(len(images), dtype=torch.int64, device=images.device), output=output)


def black(images: Tensor) -> References:
    """The black image, which is -1 in the GAN's range."""
    return References(images.new_full((1, *images.shape[1:]), -1.0))
