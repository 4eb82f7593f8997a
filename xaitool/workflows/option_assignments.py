"""``--method-option`` and ``--baseline-option``: which of several a ``NAME=VALUE`` is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xaitool.errors import ConfigError, UnknownNameError
from xaitool.options import Options, option_fields


def assigned(
    assignments: Iterable[str], kinds: Mapping[str, type[Options]], what: str
) -> dict[str, Options]:
    """The options of each of several methods or baselines.

    Args:
        assignments: ``NAME=VALUE``, for all that have an option of that name, or
            ``METHOD.NAME=VALUE`` for one.
        kinds: Name of each method or baseline to its options.
        what: ``method`` or ``baseline``.

    Raises:
        ConfigError: None of them has such an option, or its value does not fit.
        UnknownNameError: An assignment is for one that is not among them.
    """
    own: dict[str, list[str]] = {name: [] for name in kinds}
    for assignment in assignments:
        name = assignment.partition("=")[0]
        scope, dot, bare = name.rpartition(".")
        for user in [scope] if dot else _users(bare, kinds, what):
            if user not in kinds:
                raise UnknownNameError(what, user, kinds)
            own[user].append(assignment.removeprefix(f"{scope}."))
    return {
        name: kind.from_assignments(own[name], source=f"{what} '{name}'")
        for name, kind in kinds.items()
    }


def _users(name: str, kinds: Mapping[str, type[Options]], what: str) -> list[str]:
    """Those that have such an option; a single one gets it in any case, and says what is wrong."""
    if len(kinds) == 1:
        return list(kinds)
    plain = name.replace("-", "_")
    users = [
        one for one, kind in kinds.items() if plain in {field.name for field in option_fields(kind)}
    ]
    if not users:
        raise ConfigError(
            f"no {what} of {', '.join(kinds)} has an option '{name}', but one of them has to",
            hint="xaitool explain --list",
        )
    return users
