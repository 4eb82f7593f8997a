"""Classes chosen by name or index."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch

from xaitool.data.loader import Loaded
from xaitool.data.names import normal_form
from xaitool.errors import ConfigError, DataError, UnknownNameError


def only(dataset: Loaded, classes: Sequence[str]) -> Loaded:
    """Only these classes, by name or else by index, relabelled 0 to k - 1 in this order.

    Raises:
        UnknownNameError: There is no such class.
        ConfigError: One is given twice.
        DataError: No image is of any of them.
    """
    wanted = class_indices(dataset.classes, classes)
    new_label = torch.full((len(dataset.classes),), -1, dtype=torch.int64)
    new_label[wanted] = torch.arange(len(wanted))
    labels = new_label[dataset.labels]
    indices = (labels >= 0).nonzero().squeeze(1)
    if not len(indices):
        raise DataError(
            f"dataset '{dataset.name}' has no {dataset.split} images of class "
            f"{', '.join(classes)}, but at least one is wanted"
        )
    names = [dataset.classes[index] for index in wanted]
    return dataset.subset(indices).relabelled(labels[indices], names)


def one_class(dataset: str, wanted: str, chosen: Sequence[str] | None = None) -> DataError:
    """What is said of a dataset that has one class, but more are wanted.

    Args:
        dataset: Its name.
        wanted: Who wants more.
        chosen: The classes that were asked for, if any.
    """
    hint = None
    if chosen:
        hint = f"--classes {','.join(chosen)} is one class: name more, or leave it out"
    elif dataset.startswith("folder:"):
        hint = f"each class wants a folder of its images, as {dataset[7:]}/CLASS/one.png"
    return DataError(f"dataset {dataset} has one class, but {wanted}", hint=hint)


def class_indices(known: Sequence[str], texts: Sequence[str]) -> list[int]:
    """The places of classes among the known ones.

    Raises:
        UnknownNameError: There is no such class.
        ConfigError: One is given twice.
    """
    wanted = [_class_index(known, text) for text in texts]
    if len(set(wanted)) != len(wanted):
        raise ConfigError(f"classes {', '.join(texts)} name one twice, but each once is wanted")
    return wanted


def _class_index(known: Sequence[str], text: str) -> int:
    name = normal_form(text)
    if name in known:
        return known.index(name)
    if re.fullmatch("[0-9]{1,18}", text) and int(text) < len(known):
        return int(text)
    raise UnknownNameError("class", text, known, also=f", or an index below {len(known)}")
