"""Code is loaded only where this command line's own flags name it."""

from __future__ import annotations

import typer

from xaitool.errors import ConfigError
from xaitool.options import Options, option_fields
from xaitool.options.command_text import code_text


def refuse_code_of_files(context: typer.Context, config: Options) -> None:
    """Refuse code that a configuration file, a run's ``config.json`` or the environment names.

    Args:
        context: The command's; its ``obj`` says which file each default is from.
        config: The options as they came out.

    Raises:
        ConfigError: An option names code, and no flag of this command line set it.
    """
    foreign = {name: text for name, text in code_text(config).items() if not _typed(context, name)}
    for field in option_fields(type(config)):
        if field.name in foreign:
            source = (context.obj or {}).get(field.name, "the environment")
            raise ConfigError(
                f"{field.facts.unit if field.facts.argument else field.flag} of {source} names "
                "code, but code is loaded only where a flag of this command line names it",
                hint=f"if you trust it, type {' '.join(foreign.values())}",
            )


def _typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
