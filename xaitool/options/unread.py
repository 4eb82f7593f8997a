"""An option that nothing in a run reads is refused where it was given."""

from __future__ import annotations

from collections.abc import Mapping

from xaitool.errors import ConfigError
from xaitool.options import OptionField, Options, option_fields


def refuse_unread(config: Options, unread: Mapping[str, str]) -> None:
    """Refuse the first option that was given and that nothing in the run reads.

    Where a value came from is not asked, so that the command line, a file and Python mean the same:
    an option was given where its value is not its default. Options of where and how something runs
    (roles ``run`` and ``place``) are never refused.

    Args:
        config: The options of the run.
        unread: Name of each option that nothing reads to what would read it, such as
            ``--metric robustness, misclassification-rank``; it becomes the hint.

    Raises:
        ConfigError: There is one.
    """
    for field in option_fields(type(config)):
        meant = field.facts.role == "experiment" and field.name in unread
        if meant and is_given(config, field):
            raise ConfigError(
                f"{field.flag} is {_text(getattr(config, field.name))}, "
                "but nothing in this run reads it",
                hint=f"{unread[field.name]} would read it",
            )


def is_given(config: Options, field: OptionField) -> bool:
    """Whether an option is neither at its own default nor at that of the preset asked for."""
    value = getattr(config, field.name)
    return value not in (field.default, config.defaults()[field.name])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
