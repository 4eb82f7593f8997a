"""LogicGAN's guidance: DeepSHAP of the discriminator's output."""

from __future__ import annotations

from torch import Tensor, nn

from xaitool.core.attribution.engine.rescale import ForwardPass
from xaitool.core.guidance.evidence import Evidence, References, black, score_of


class DeepLiftEvidence(Evidence):
    """DeepLIFT against a black image, or the references where they are given.

    Source: Shrikumar et al. 2017, rescale rule. Values as those of `DeepShap`, at the cost of one
    forward pass for each generated image, one for each reference, and one backward pass for each
    pair.
    """

    def values(
        self, generated: Tensor, discriminator: nn.Module, references: References | None
    ) -> Tensor:
        """See `Evidence.values`."""
        others = references or black(generated)
        passed = ForwardPass(discriminator, generated)
        score = score_of(generated, self.output)
        return passed.mean_contributions(others.images, score, others.choice)


class ShapEvidence(DeepLiftEvidence):
    """DeepSHAP against real images.

    Source: Graves et al. 2020, "LogicGAN", section 4.2 and Algorithm 1. Differs from the published
    code: the mask is applied at the generator's output, so that tanh's derivative stays in the
    gradient (its module hook dropped it); the discriminator is explained in eval mode (its dropout
    was active and differed between input and reference); the references are drawn anew at every
    step, so that few are enough, where it takes 100 that stay the same.
    """

    references = 1
