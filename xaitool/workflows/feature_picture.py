"""The picture of features, clean and attacked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from xaitool.core.metrics.feature_layout import flat_layout
from xaitool.core.seeding import derive_seed
from xaitool.report.feature_map import Points, feature_map
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.picture_path import picture_path, save_picture, source_name


class FeaturePicture:
    """A panel of the clean images and one of the successes of each attack.

    Without ``--out`` there is none.

    Args:
        source: The artifact that is measured.
        config: Where the picture goes, and the seed.

    Raises:
        ConfigError: It cannot go there.
    """

    def __init__(self, source: Path, config: EvaluateConfig) -> None:
        self._name = source_name(source)
        self._seed = config.seed
        self._overwrite = config.overwrite
        self._path = picture_path(source, config, "features")

    def write(
        self,
        clean: Tensor,
        attacked: Sequence[tuple[str, Tensor, Tensor]],
        labels: Tensor,
        classes: Sequence[str],
    ) -> Path | None:
        """Write it.

        All features are laid out together, so that a place means the same in every panel.

        Args:
            clean: Features ``(N, F)``.
            attacked: Of each attack its title, features ``(N, F)`` and successes, bool ``(N,)``.
            labels: True classes, int64 ``(N,)``.
            classes: Their names.
        """
        if self._path is None:
            return None
        features = torch.cat([clean, *(features for _, features, _ in attacked)])
        first, *others = flat_layout(features, derive_seed(self._seed, "features")).split(
            len(labels)
        )
        picture = feature_map(
            Points(f"{len(labels)} clean images", first, labels),
            [
                Points(f"{title}: {int(success.sum())} successes", places[success], labels[success])
                for places, (title, _, success) in zip(others, attacked, strict=True)
            ],
            classes,
            f"t-SNE of the features of {self._name}, coloured by true class; crosses are attacked",
        )
        save_picture(picture, self._path, overwrite=self._overwrite)
        return self._path
