"""The picture of images and their baselines, one beside the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from xaitool.core.baselines.base import Baseline
from xaitool.data.dataset import ImageDataset
from xaitool.report.attribution_grid import GridRow, attribution_grid
from xaitool.workflows.baseline_measurement import images_of, references_of
from xaitool.workflows.class_choice import class_label
from xaitool.workflows.class_pairs import ClassPairs, one_pair_each
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.picture_path import picture_path, save_picture
from xaitool.workflows.runtime import Runtime

MOST_ROWS = 10


class BaselinePicture:
    """A row for the first image of each class, with the baselines for one other class.

    Without ``--out`` there is none.

    Args:
        source: The artifact that is measured.
        config: Where the picture goes, and the seed.

    Raises:
        ConfigError: It cannot go there.
    """

    def __init__(self, source: Path, config: EvaluateConfig) -> None:
        self._config = config
        self._path = picture_path(source, config, "baseline-validity")

    def write(
        self, dataset: ImageDataset, baselines: Mapping[str, Baseline], runtime: Runtime
    ) -> Path | None:
        """Write it.

        Args:
            dataset: The images.
            baselines: By their names; of several references the first is shown.
            runtime: Where it computes.
        """
        if self._path is None:
            return None
        pairs = self._shown(dataset)
        images = images_of(dataset, pairs, runtime)
        columns = [
            references_of(baseline, images, pairs, len(images))[:, 0].float().cpu()
            for baseline in baselines.values()
        ]
        rows = [
            GridRow(
                images[row].float().cpu(),
                [class_label(label, dataset.classes), f"to {class_label(target, dataset.classes)}"],
                [],
                [column[row] for column in columns],
            )
            for row, (label, target) in enumerate(
                zip(pairs.labels.tolist(), pairs.targets.tolist(), strict=True)
            )
        ]
        picture = attribution_grid(rows, [], pictures=list(baselines))
        save_picture(picture, self._path, overwrite=self._config.overwrite)
        return self._path

    def _shown(self, dataset: ImageDataset) -> ClassPairs:
        labels = dataset.labels[: self._config.limit]
        classes = labels.unique()[:MOST_ROWS]
        first = torch.stack([(labels == label).nonzero()[0, 0] for label in classes])
        return one_pair_each(first, labels[first], len(dataset.classes), self._config.seed)
