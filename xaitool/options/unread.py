"""An option that nothing in a run reads is refused where it was given."""

from __future__ import annotations

from collections.abc import Mapping

from xaitool.errors import ConfigError
from xaitool.options import OptionField, Options, option_fields


def refuse_unread(config: Options, unread: Mapping[str, str] | None = None) -> None:
    """Refuse the first option that was given and that nothing in the run reads.

    Where a value came from is not asked, so that the command line, a file and Python mean the same:
    an option was given where its value is not its default. Options of where and how something runs
    (roles ``run`` and ``place``) are never refused.

    Args:
        config: The options of the run; those of its `readers` that do not take part in the run are
            not read.
        unread: Name of each other option that nothing reads to what would read it, such as
            ``--metric robustness, misclassification-rank``; it becomes the hint.

    Raises:
        ConfigError: There is one.
    """
    readers = {name: reader for reader in config.readers for name in reader.reads}
    for field in option_fields(type(config)):
        if field.facts.role != "experiment" or not _is_given(config, field):
            continue
        wanted = (unread or {}).get(field.name)
        reader = readers.get(field.name)
        if wanted is None and reader is not None and not reader.takes_part(config):
            wanted = reader.name
        if wanted is not None:
            raise ConfigError(
                f"{field.flag} is {_text(getattr(config, field.name))}, "
                "but nothing in this run reads it",
                hint=f"{wanted} would read it",
            )


def _is_given(config: Options, field: OptionField) -> bool:
    """Whether an option is neither at its own default nor at that of the preset asked for."""
    value = getattr(config, field.name)
    return value not in (field.default, config.defaults()[field.name])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
