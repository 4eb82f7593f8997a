"""A command as one would type it, made from its options."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from xaitool.options import OptionField, Options, can_name_code, option_fields


def command_text(name: str, config: Options) -> str:
    """The command with every option that is not at its default and says what is computed.

    From Python there is no command line to copy; and what was typed also says where it ran, which
    would make equal results differ.

    Args:
        name: Of the command.
        config: Its options; only those of the role ``experiment`` count.
    """
    fields = [field for field in option_fields(type(config)) if field.facts.role == "experiment"]
    # Positional ones last, as people write them.
    fields.sort(key=lambda field: field.facts.argument)
    words = [word for field in fields for word in _words(field, getattr(config, field.name))]
    return shlex.join(["xaitool", name, *words])


def code_text(config: Options) -> dict[str, str]:
    """Of each option that names code: its name, and how it is typed, ``--model nets:make``."""
    found = {}
    for field in option_fields(type(config)):
        value = getattr(config, field.name)
        texts = map(str, value if field.many and value is not None else (value,))
        if field.facts.names_code and any(map(can_name_code, texts)):
            found[field.name] = shlex.join(_words(field, value))
    return found


def _words(field: OptionField, value: object) -> Iterator[str]:
    if value == field.default:
        return
    values = [str(one) for one in value] if isinstance(value, tuple) else [str(value)]
    if field.facts.argument:
        yield from values
    elif field.type is bool:
        yield field.flag
    elif field.many and not field.facts.repeated:
        yield from (field.flag, ",".join(values))
    else:
        for one in values:
            yield from (field.flag, one)
