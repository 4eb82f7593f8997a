"""The order in which people meet a command's options."""

from __future__ import annotations

from xaitool.options import OptionField, Options, option_fields


def listed_fields(config_class: type[Options]) -> list[OptionField]:
    """A command's main options, then its other own ones, then those that it shares with others."""
    main = {name: place for place, name in enumerate(config_class.main)}
    homes = {
        name: depth
        for depth, parent in reversed(list(enumerate(config_class.__mro__)))
        for name in vars(parent).get("__annotations__", {})
    }
    return sorted(
        option_fields(config_class),
        key=lambda field: (main.get(field.name, len(main)), homes[field.name]),
    )
