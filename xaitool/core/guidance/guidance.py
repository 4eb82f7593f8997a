"""Guidance of a generator by an explanation of its discriminator."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from xaitool.core.frozen.untouched import untouched
from xaitool.core.frozen.users_model import UsersDiscriminator
from xaitool.core.guidance.evidence import Evidence, Function, References, load_evidence
from xaitool.core.guidance.guide import guide
from xaitool.core.guidance.mask import Mask, mask_of
from xaitool.core.guidance.options import GuidanceOptions


class GuidedImages(NamedTuple):
    """Generated images whose gradient is guided.

    Attributes:
        images: As they were; the gradient that passes back through them is masked.
        mask: The mask.
    """

    images: Tensor
    mask: Mask


class Guidance:
    """Masks the gradient that a generator gets through its discriminator.

    For a training loop of your own: let the images pass through it on their way to the
    discriminator, in the generator's step. Works with any two networks whose operations the
    explanation can handle, any loss and any optimiser.

    Args:
        xai: What explains: a name of ``xaitool train-gan --xai``, or a function of generated
            images, discriminator and references ``(N, K, C, H, W)`` that returns ``(N, C, H, W)``.
        boundary: Logit below which the discriminator says 'fake'.
        options: Those of ``train-gan``; other ones are given by name.
        **values: Options by name, such as ``evidence="fake"`` or ``mask_strength=0.5``.

    Raises:
        UnknownNameError: There is no such explanation, evidence, ...
        ConfigError: An option is unknown or out of range.

    Source: Graves et al. 2020, "LogicGAN", Algorithm 1; Nagisetty et al. 2020, "xAI-GAN". Differs
    from both by default: each sample is normalised by itself (see `mask_of`), and the logit is
    explained, which does not vanish where the discriminator is sure. ``evidence="fake"``, the
    pixels that speak for 'fake' alone, makes fully connected GANs of few kinds of images learn
    faster at first and at small steps; later, on ten kinds of digits and in a convolutional GAN it
    does worse, so that ``|φ|`` stays the default.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> import xaitool
        >>> _ = torch.manual_seed(0)
        >>> generator = nn.Sequential(nn.Linear(8, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
        >>> discriminator = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
        >>> real = torch.rand(16, 1, 8, 8) * 2 - 1
        >>> guidance = xaitool.Guidance("shap")
        >>> generated = generator(torch.randn(16, 8))
        >>> guided = guidance(generated, discriminator, real[:4])
        >>> torch.equal(guided, generated)  # the same images, with a masked gradient
        True
        >>> torch.nn.functional.softplus(-discriminator(guided)).mean().backward()
    """

    def __init__(
        self,
        xai: str | Function = "shap",
        *,
        boundary: float = 0.0,
        options: GuidanceOptions | None = None,
        **values: Any,
    ) -> None:
        given = {} if options is None else options.to_dict()
        names = GuidanceOptions().to_dict()
        chosen = {name: value for name, value in given.items() if name in names}
        self.options = GuidanceOptions.from_mapping({**chosen, **values}, source="Guidance")
        self.boundary = boundary
        self.evidence: Evidence = load_evidence(
            xai,
            self.options.explained_output,  # type: ignore[arg-type]
            self.options.xai_option,
        )

    @property
    def references(self) -> int:
        """How many real images an explanation is to be made with; 0: none."""
        if not self.evidence.compares:
            return 0
        given = self.options.references
        return self.evidence.references if given is None else given

    def __call__(
        self,
        generated: Tensor,
        discriminator: nn.Module,
        references: Tensor | References | None = None,
        random: torch.Generator | None = None,
    ) -> Tensor:
        """The generated images, with a gradient that is guided; see `guided`."""
        return self.guided(generated, discriminator, references, random).images

    def guided(
        self,
        generated: Tensor,
        discriminator: nn.Module,
        references: Tensor | References | None = None,
        random: torch.Generator | None = None,
        strength: float | None = None,
    ) -> GuidedImages:
        """The generated images, with a gradient that is guided, and the mask.

        Args:
            generated: ``(N, C, H, W)`` in [-1, 1], as the generator returned them.
            discriminator: From such images to logits of being real, one number an image, as
                ``train-gan --discriminator`` takes them; explained in eval mode, and left exactly
                as it was.
            references: Real images ``(K, C, H, W)`` in the same range that all are compared with;
                None: a black image, where the explanation compares at all.
            random: CPU generator for what the controls draw; None: torch's global one.
            strength: Instead of ``mask_strength``, for a strength that changes.

        Raises:
            ModelError: The discriminator or the user's function returns something else.
            UnsupportedOperationError: The explanation has no rule for an operation.
        """
        others = References(references) if isinstance(references, Tensor) else references
        mask = self.mask(generated.detach(), discriminator, others, random)
        strengths = self._strengths(generated.detach(), discriminator, strength)
        images = generated.view_as(generated)
        if images.requires_grad:
            images.register_hook(
                lambda gradient: guide(
                    gradient,
                    mask.values,
                    combination=self.options.mask,
                    strength=strengths,
                    offset=self.options.mask_offset,
                    rescale=self.options.mask_rescale,
                )
            )
        return GuidedImages(images, mask)

    def mask(
        self,
        generated: Tensor,
        discriminator: nn.Module,
        references: References | None = None,
        random: torch.Generator | None = None,
    ) -> Mask:
        """The mask of generated images; arguments as those of `guided`."""
        users = UsersDiscriminator(discriminator)
        attribution = self.evidence.values(generated, users, references)
        mask = mask_of(
            attribution,
            evidence=self.options.evidence,
            normalisation=self.options.mask_normalisation,
        )
        drawn = torch.default_generator if random is None else random
        return Mask(self.evidence.reshape(mask.values, drawn), mask.empty)

    def _strengths(
        self, generated: Tensor, discriminator: nn.Module, strength: float | None
    ) -> Tensor | float:
        """The strength, for images that are not judged fake 0 where only those are masked."""
        wanted = self.options.mask_strength if strength is None else strength
        if self.options.mask_samples == "all":
            return wanted
        with (
            untouched(UsersDiscriminator(discriminator)) as users,
            torch.no_grad(),
        ):
            fake: Tensor = users(generated).flatten() < self.boundary
        return fake.to(generated.dtype)[:, None, None, None] * wanted
