"""Which training images are held out to judge the epochs."""

from __future__ import annotations

from torch import Tensor

from xaitool.data.dataset import ImageDataset
from xaitool.data.load import stratified_split
from xaitool.errors import ConfigError
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig


def judged_split(
    dataset: ImageDataset, groups: Tensor, config: TrainBaselineGanConfig
) -> tuple[Tensor, Tensor]:
    """Indices of the images that are trained on, and of about ``--judged`` others.

    Args:
        dataset: The images.
        groups: int64 ``(N,)``; each group gives its share, and keeps at least one for training.
        config: The options.

    Raises:
        ConfigError: There are not so many images.
    """
    if config.judged >= len(dataset):
        raise ConfigError(
            f"--judged is {config.judged}, but fewer than the {len(dataset)} training images of "
            f"{dataset.name} are wanted"
        )
    return stratified_split(groups, config.judged / len(dataset), config.seed)
