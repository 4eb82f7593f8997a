"""What needs sensitive attributes asks for them here."""

from __future__ import annotations

from xaitool.data.annotations import Attribute
from xaitool.data.dataset import ImageDataset
from xaitool.errors import DataError


def require_sensitive(dataset: ImageDataset, why: str) -> dict[str, Attribute]:
    """The sensitive attributes of a dataset, at least one.

    Args:
        dataset: The images.
        why: What wants them, such as ``--method cgi``.

    Raises:
        DataError: There are none, or one has the same value in the whole train split.
    """
    sensitive = dataset.sensitive
    if not sensitive:
        raise DataError(
            f"dataset '{dataset.name}' has no sensitive attribute, but {why} wants one",
            hint=_hint(dataset),
        )
    for name, attribute in sensitive.items():
        values = attribute.values.unique()
        if len(attribute.names) < 2 or (dataset.split == "train" and len(values) < 2):
            raise DataError(
                f"attribute '{name}' of dataset '{dataset.name}' has the value "
                f"{attribute.names[int(values[0])]} only, but {why} wants two"
            )
    return sensitive


def _hint(dataset: ImageDataset) -> str:
    names = [name for name in dataset.attributes if name != dataset.annotations.label]
    if names:
        return f"--sensitive NAME, one of: {', '.join(names)}"
    return "biased-mnist has one, and folder:PATH those of its attributes.csv"
