"""How a command refuses whose workflow this version does not have yet."""

from __future__ import annotations

from typing import NoReturn

from xaitool.errors import InputError


def refuse(command: str) -> NoReturn:
    """Raise the error that says so."""
    raise InputError(
        f"'{command}' is not part of this version, but only planned",
        hint="available: train-gan, train-classifier, explain, evaluate, recommend",
    )
