"""``--config``: options from a TOML file or from a run's ``config.json``; flags win over it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xaitool.errors import ConfigError, InputError
from xaitool.options import OptionField, Options, normalised_keys, option_fields
from xaitool.workflows.configs.common import read_options_file


def read_config(path: Path, config_class: type[Options], command: str) -> dict[str, Any]:
    """Read option values for a command, in the form in which the command line takes them.

    A TOML file holds the options themselves or a table named after each command; a run's
    ``config.json`` holds them under ``options``.

    Args:
        path: The file, ending in ``.toml`` or ``.json``.
        config_class: The command's options.
        command: The command's name.

    Raises:
        ConfigError: The file is unreadable, is another command's, has an unknown key, or a value
            does not fit.
    """
    values = _parse(path)
    if values.get("command", command) != command:
        raise ConfigError(f"{path} is of '{values['command']}', but '{command}' reads it")
    values = values.get("options", values.get(command, values))
    if not isinstance(values, dict):
        raise ConfigError(f"{path} has no table of options")
    values = normalised_keys(config_class, values, source=str(path))
    values = as_typed(config_class, values)
    try:
        # The command line would take 2.5 for 2; the options themselves are strict.
        config_class.from_mapping(values, source=str(path))
    except InputError as error:
        raise ConfigError(f"{path}: {error}", hint=error.hint) from error
    return values


def as_typed(config_class: type[Options], values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values in the form in which the command line takes them; those that are None left out.

    Args:
        config_class: The command's options.
        values: Option name, with underscores, to value.
    """
    fields = {field.name: field for field in option_fields(config_class)}
    return {
        name: _as_typed(value, fields[name]) for name, value in values.items() if value is not None
    }


def _as_typed(value: Any, field: OptionField) -> Any:
    several = isinstance(value, list | tuple)
    if field.facts.repeated:
        return value if several else [value]
    return ",".join(map(str, value)) if field.many and several else value


def _parse(path: Path) -> dict[str, Any]:
    values = read_options_file(path)
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds no options")
    return values
