"""The one signature of every dataset's loader."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

from xaitool.data.files.file_pixels import OnError
from xaitool.data.lazy import LazyDataset
from xaitool.data.memory import MemoryDataset

Split = Literal["train", "test"]

Loaded = MemoryDataset | LazyDataset


class Loader(Protocol):
    """What the registry's datasets are.

    A new dataset is a function of this signature in `data` and a line in the registry.
    """

    def __call__(
        self,
        split: Split,
        *,
        data_dir: Path,
        location: str | None = None,
        image_size: int | None = None,
        channels: int | None = None,
        workers: int = 2,
        on_error: OnError = "stop",
    ) -> Loaded:
        """Load a split.

        Args:
            split: ``train`` or ``test``.
            data_dir: Folder in which a named dataset lies or is downloaded to.
            location: What follows the colon of the name, a path or options (see `location`);
                None without a colon.
            image_size: Wanted side of the square images; None: the dataset's own.
            channels: 1 or 3; None: the dataset's own.
            workers: Threads that decode files.
            on_error: Whether a picture that cannot be decoded stops the loading or is skipped.

        Raises:
            DataError: The data is absent, empty or damaged, or `location` is not what it takes.
            ConfigError: An option in `location` does not fit.
        """
