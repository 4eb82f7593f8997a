"""Datasets by name, as the command line gives it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xaitool.data.attribute_roles import with_label, with_sensitive
from xaitool.data.cache import data_directory
from xaitool.data.class_selection import only
from xaitool.data.files.file_pixels import OnError
from xaitool.data.files.file_sources import open_source
from xaitool.data.files.images import Framing
from xaitool.data.loader import DatasetRequest, Loaded, Split
from xaitool.data.splits import stratified_split

__all__ = ["check_dataset", "load_dataset", "stratified_split"]


def check_dataset(name: str) -> None:
    """Refuse a name that no dataset has, or a folder that is not there; loads nothing.

    Raises:
        UnknownNameError: There is no such dataset.
        DataError: What the name says to be there is not.
    """
    request = DatasetRequest(name, "test")
    request.entry()
    if request.base == "folder":
        open_source(request.path())


def load_dataset(
    name: str,
    split: Split,
    *,
    data_dir: Path | None = None,
    label: str | None = None,
    sensitive: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    image_size: int | Framing | None = None,
    channels: int | None = None,
    workers: int = 2,
    on_error: OnError = "stop",
) -> Loaded:
    """Load a split of a dataset.

    Args:
        name: A registered name, with a path (``folder:PATH``) or options
            (``coloured-mnist:of=digits,seed=3``) after it where the dataset takes them.
        split: ``train`` or ``test``.
        data_dir: See `data_directory`.
        label: The attribute that becomes the class label, its values the classes; None: the
            dataset's own classes.
        sensitive: The attributes that are sensitive, instead of the dataset's own choice.
        classes: Only these classes, by name or else by index, relabelled 0 to k - 1 in this
            order; None: all.
        image_size: Side of the square images, pixels, or how a model's images are made; None: the
            dataset's own side.
        channels: 1 or 3; None: the dataset's own.
        workers: Threads that decode files.
        on_error: Whether a picture file that cannot be decoded stops the loading or is skipped
            (and listed in ``skipped``).

    Raises:
        UnknownNameError: There is no such dataset, split, attribute or class.
        ConfigError: An image size is below 1, a class or an attribute is given twice, or an option
            of the dataset does not fit.
        DataError: The data is absent, empty or damaged, or an attribute has one value only.
    """
    request = DatasetRequest(
        name,
        split,
        data_dir=data_directory(data_dir),
        image_size=image_size,
        channels=channels,
        workers=workers,
        on_error=on_error,
    )
    dataset = request.load()
    dataset = dataset if label is None else with_label(dataset, label)
    dataset = dataset if sensitive is None else with_sensitive(dataset, sensitive)
    return dataset if classes is None else only(dataset, classes)
