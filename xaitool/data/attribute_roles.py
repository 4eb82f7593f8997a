"""Which attribute of a dataset is the class label, and which are sensitive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xaitool.data.annotations import Attribute
from xaitool.data.loader import Loaded
from xaitool.data.names import normal_form
from xaitool.errors import ConfigError, DataError, UnknownNameError


def with_label(dataset: Loaded, name: str) -> Loaded:
    """The same images labelled by an attribute, whose values become the classes.

    What the dataset takes as sensitive stays so, but for the label itself.

    Raises:
        UnknownNameError: There is no such attribute.
        DataError: The dataset has no attributes, or this one has one value only.
    """
    name = normal_form(name)
    attribute = _attribute(dataset, name)
    known = dataset.annotations
    sensitive = tuple(one for one in known.sensitive if one != name)
    relabelled = dataset.relabelled(attribute.values, attribute.names)
    return relabelled.annotated(replace(relabelled.annotations, label=name, sensitive=sensitive))


def with_sensitive(dataset: Loaded, names: Sequence[str]) -> Loaded:
    """The same images with these attributes as the sensitive ones, in this order.

    Raises:
        UnknownNameError: There is no such attribute.
        ConfigError: One is given twice, or is the label.
        DataError: The dataset has no attributes, or one of these has one value only.
    """
    names = tuple(map(normal_form, names))
    for name in names:
        _attribute(dataset, name)
        if name == dataset.annotations.label:
            raise ConfigError(
                f"attribute '{name}' is the label and sensitive, but two attributes are wanted",
                hint="--label NAME or --sensitive NAME chooses another",
            )
    if len(set(names)) != len(names):
        raise ConfigError(
            f"sensitive attributes {', '.join(names)} name one twice, but each once is wanted"
        )
    return dataset.annotated(replace(dataset.annotations, sensitive=names))


def _attribute(dataset: Loaded, name: str) -> Attribute:
    if not dataset.attributes:
        raise DataError(
            f"dataset '{dataset.name}' has no attributes, but '{name}' is asked for",
            hint="biased-mnist has one, and folder:PATH those of its attributes.csv",
        )
    if name not in dataset.attributes:
        raise UnknownNameError("attribute", name, dataset.attributes)
    attribute = dataset.attributes[name]
    if len(attribute.names) < 2:
        raise DataError(
            f"attribute '{name}' of dataset '{dataset.name}' has the value {attribute.names[0]} "
            "only, but two are wanted"
        )
    return attribute
