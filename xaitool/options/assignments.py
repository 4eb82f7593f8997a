"""``--method-option`` and its like: which of several a ``NAME=VALUE`` is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xaitool.errors import ConfigError, UnknownNameError
from xaitool.options import Options, option_fields


def assigned(
    assignments: Iterable[str],
    kinds: Mapping[str, type[Options]],
    what: str,
    hint: str = "xaitool explain --list",
) -> dict[str, Options]:
    """The options of each of several methods, baselines or attacks.

    Args:
        assignments: ``NAME=VALUE``, for all that have an option of that name, or
            ``METHOD.NAME=VALUE`` for one.
        kinds: Name of each to its options.
        what: ``method``, ``baseline`` or ``attack``.
        hint: Where the options are shown.

    Raises:
        ConfigError: None of them has such an option, or its value does not fit.
        UnknownNameError: An assignment is for one that is not among them.
    """
    assigned_to: dict[str, list[str]] = {name: [] for name in kinds}
    for assignment in assignments:
        name = assignment.partition("=")[0]
        scope, dot, bare = name.rpartition(".")
        for user in [scope] if dot else _users(bare, kinds, what, hint):
            if user not in kinds:
                raise UnknownNameError(what, user, kinds)
            assigned_to[user].append(assignment.removeprefix(f"{scope}."))
    return {
        name: _read(kind, assigned_to[name], f"{what} '{name}'") for name, kind in kinds.items()
    }


def _read(kind: type[Options], assignments: list[str], source: str) -> Options:
    try:
        return kind.from_assignments(assignments, source=source)
    except UnknownNameError as error:
        # What has choices may be taken for another: step for steps.
        given = tuple(one.partition("=")[0].replace("-", "_") for one in assignments)
        others = [field.name for field in option_fields(kind) if field.name not in given]
        longer = [name for name in others if name.startswith(given)]
        other = f"; another option: {', '.join(longer)}" if longer else ""
        raise ConfigError(f"{source}: {error}", hint=f"{error.hint}{other}") from error


def _users(name: str, kinds: Mapping[str, type[Options]], what: str, hint: str) -> list[str]:
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
            hint=hint,
        )
    return users
