"""What every dataset's loader is asked for, and what it gives."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Literal

from xaitool import registry
from xaitool.data.files.file_pixels import OnError
from xaitool.data.files.images import Framing
from xaitool.data.lazy import LazyDataset
from xaitool.data.memory import MemoryDataset
from xaitool.data.request import DataRequest
from xaitool.errors import ConfigError, UnknownNameError

Split = Literal["train", "test"]

Loaded = MemoryDataset | LazyDataset


@dataclass(frozen=True)
class DatasetRequest(DataRequest):
    """A split of a dataset of images.

    Attributes:
        split: ``train`` or ``test``.
        image_size: Wanted side of the square images, to which the shorter side is resized, or how a
            model's images are made; None: the dataset's own side.
        channels: 1 or 3; None: the dataset's own.
        workers: Threads that decode files.
        on_error: Whether a picture that cannot be decoded stops the loading or is skipped.

    Raises:
        UnknownNameError: There is no such split.
        ConfigError: The image size is below 1.
    """

    split: Split
    _: KW_ONLY
    image_size: int | Framing | None = None
    channels: int | None = None
    workers: int = 2
    on_error: OnError = "stop"

    def __post_init__(self) -> None:
        if self.split not in ("train", "test"):
            raise UnknownNameError("split", self.split, ("train", "test"))
        if self.framing is not None and self.framing.crop < 1:
            raise ConfigError(f"image size is {self.framing.crop}, but at least 1 is wanted")

    @property
    def framing(self) -> Framing | None:
        """What `image_size` means; None without one."""
        return None if self.image_size is None else Framing.of(self.image_size)

    def of(self, name: str) -> DatasetRequest:
        """The same split of another dataset, in its own size and channels."""
        return DatasetRequest(
            name,
            self.split,
            data_dir=self.data_dir,
            workers=self.workers,
            on_error=self.on_error,
        )

    def load(self) -> Loaded:
        """Do what is asked.

        Raises:
            UnknownNameError: There is no such dataset.
            DataError: The data is absent, empty or damaged, or what follows the name is not what
                the dataset takes.
            ConfigError: An option after the name does not fit.
        """
        loader: Loader = registry.load_target(self.entry().target)
        return loader(self)

    def entry(self) -> registry.Entry:
        """What the registry says of the dataset.

        Raises:
            UnknownNameError: There is no such dataset.
        """
        if self.base not in registry.DATASETS and self.name and os.path.exists(self.name):
            raise UnknownNameError(
                "dataset", self.name, registry.DATASETS, meant=f"folder:{self.name}"
            )
        return registry.entry("dataset", self.base)


Loader = Callable[[DatasetRequest], Loaded]
"""What the registry's datasets are: a new one is such a function, and a line in the registry."""
