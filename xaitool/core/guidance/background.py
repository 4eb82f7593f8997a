"""Real images that explanations of generated ones compare with, drawn anew every step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from xaitool.core.guidance.evidence import References
from xaitool.errors import DataError


class Background:
    """A reservoir of real images.

    LogicGAN (sections 4.2 and 5.4) takes a sample of real images, for several classes those of the
    class that a classifier sees in the generated image; its selector is not published. Here the
    references are drawn anew every step, so that few are enough.

    Args:
        images: ``(M, C, H, W)`` in the GAN's own range.
        count: References of each generated image.
        labels: int64 ``(M,)`` on the CPU, where references are to be of a class; None: they are
            drawn from all images, the same for all generated ones.
        classes: Names of the classes.

    Raises:
        DataError: There are fewer images, or images of a class, than references.
    """

    def __init__(
        self,
        images: Tensor,
        count: int,
        labels: Tensor | None = None,
        classes: Sequence[str] = (),
    ) -> None:
        self.images = images
        self.count = count
        if labels is None:
            groups = {"the reservoir": torch.arange(len(images))}
        else:
            groups = {
                f"class {name} of the reservoir": (labels == label).nonzero().squeeze(1)
                for label, name in enumerate(classes)
            }
        for name, group in groups.items():
            if len(group) < count:
                raise DataError(
                    f"{name} has {len(group)} real images, but {count} references are wanted",
                    hint="fewer --references, or a larger --reservoir",
                )
        self._groups = list(groups.values())

    def draw(self, random: torch.Generator, classes: Tensor | None = None) -> References:
        """References of generated images; none is drawn twice.

        Args:
            random: CPU generator.
            classes: int64 ``(N,)``, of the generated images, where there are labels.
        """
        drawn = [
            group[torch.randperm(len(group), generator=random)[: self.count]]
            for group in self._groups
        ]
        images = self.images[torch.cat(drawn).to(self.images.device, non_blocking=True)]
        if classes is None:
            return References(images)
        each = torch.arange(self.count, device=classes.device)
        return References(images, classes * self.count + each[:, None])
