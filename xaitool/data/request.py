"""What is asked of a loader of data: a name, what follows its colon, and where data lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from xaitool.data.cache import data_directory
from xaitool.errors import DataError
from xaitool.options import Options

Chosen = TypeVar("Chosen", bound=Options)


@dataclass(frozen=True)
class DataRequest:
    """A data set by its name.

    Attributes:
        name: A registered name; where the data set takes one, a path (``folder:PATH``) or options
            (``coloured-mnist:of=digits,seed=3``) follow it.
        data_dir: Folder in which a named data set lies or is downloaded to.
    """

    name: str
    data_dir: Path = field(default_factory=data_directory, kw_only=True)

    @property
    def base(self) -> str:
        """The registered name alone."""
        return self.name.partition(":")[0]

    @property
    def location(self) -> str | None:
        """What follows the colon of the name; None without one."""
        _, colon, location = self.name.partition(":")
        return location if colon else None

    def refuse_location(self) -> None:
        """For a data set whose name stands alone.

        Raises:
            DataError: Something follows it.
        """
        if self.location is not None:
            raise DataError(
                f"dataset '{self.name}' has something after its name, but '{self.base}' alone is "
                "wanted"
            )

    def path(self, what: str = "PATH") -> Path:
        """The path of ``NAME:PATH``.

        Args:
            what: How the message calls it.

        Raises:
            DataError: There is none.
        """
        if not self.location:
            raise DataError(
                f"dataset '{self.base}' names no path, but {self.base}:{what} is wanted"
            )
        return Path(self.location).expanduser()

    def options(self, kind: type[Chosen]) -> Chosen:
        """The options of ``NAME:option=value,option=value``; others have their defaults.

        Commas part the options, so no value has one; the first ``=`` of each is its own, so a
        value may have more: ``composite:scenes=folder:here,size=64``.

        Args:
            kind: The dataclass that declares them.

        Raises:
            ConfigError: An option is unknown, or its value does not fit.
            UnknownNameError: A value is none of the choices.
        """
        assignments = self.location.split(",") if self.location else []
        return kind.from_assignments(assignments, source=f"dataset '{self.base}'")
