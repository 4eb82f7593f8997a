"""What follows a dataset's name: nothing, a path, or options."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from xaitool.errors import DataError
from xaitool.options import Options

Chosen = TypeVar("Chosen", bound=Options)


def no_location(name: str, location: str | None) -> None:
    """Check that nothing follows ``NAME``.

    Raises:
        DataError: Something does.
    """
    if location is not None:
        raise DataError(
            f"dataset '{name}:{location}' has something after its name, but '{name}' alone is "
            "wanted"
        )


def path_location(name: str, location: str | None) -> Path:
    """The path of ``NAME:PATH``.

    Raises:
        DataError: There is none.
    """
    if not location:
        raise DataError(f"dataset '{name}' names no path, but {name}:PATH is wanted")
    return Path(location).expanduser()


def location_options(kind: type[Chosen], name: str, location: str | None) -> Chosen:
    """The options of ``NAME:option=value,option=value``; those that are not given have defaults.

    Commas part the options, so no value has one; the first ``=`` of each is its own, so a value
    may have more: ``composite:scenes=folder:here,size=64``.

    Args:
        kind: The dataclass that declares them.
        name: The dataset's name.
        location: What follows the colon; None without one.

    Raises:
        ConfigError: An option is unknown, or its value does not fit.
        UnknownNameError: A value is none of the choices.
    """
    assignments = location.split(",") if location else []
    return kind.from_assignments(assignments, source=f"dataset '{name}'")
