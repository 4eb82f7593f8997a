"""Derives a command's flags from its option dataclass, so that an option is declared once."""

from __future__ import annotations

import gc
import inspect
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, TypeVar

import typer

from xaitool.cli.config_option import as_typed, read_config
from xaitool.cli.help.page import MAIN, Command, width
from xaitool.cli.named_code import refuse_code_of_files
from xaitool.cli.output import Output
from xaitool.cli.processes import refuse_several_processes
from xaitool.cli.streams import data_alone
from xaitool.errors import ConfigError, ModelNote
from xaitool.options import OptionField, Options, option_fields, range_text, read_value
from xaitool.options.order import listed_fields
from xaitool.workflows.catalogue import is_listed, records

C = TypeVar("C", bound=Options)

LONGEST_CHOICES = 200


def add_command(
    app: typer.Typer,
    name: str,
    config_class: type[C],
    run: Callable[[C, Output], None],
    help: str,
    *,
    group: str = "",
) -> None:
    """Register a command whose flags are the fields of `config_class`, and ``--list`` its choices.

    Args:
        app: Where to register it.
        name: The command's name.
        config_class: Its options.
        run: Called with the options and the output.
        help: What ``--help`` shows below the summary and above the options.
        group: The group that it belongs to. Group and name are the name of its table in a
            configuration file.
    """
    full_name = f"{group} {name}".strip()

    def command(
        *,
        context: typer.Context,
        config: Path | None,
        json: bool,
        quiet: bool,
        log_every: float,
        list_choices: bool = False,
        **values: Any,
    ) -> None:
        gc.enable()
        with data_alone() as data, warnings.catch_warnings():
            output = Output(as_json=json, quiet=quiet, log_every=log_every, data=data)
            if quiet:
                warnings.simplefilter("ignore", ModelNote)
            if list_choices:
                _list_choices(config_class, output)
            else:
                for parameter in former:
                    values.pop(parameter.name)
                options = config_class(**values)
                refuse_code_of_files(context, options)
                refuse_several_processes()
                run(options, output)

    fields = listed_fields(config_class)
    shared = _shared_parameters(config_class, full_name)
    former = [_former_parameter(field, full_name) for field in fields if field.facts.formerly]
    if any(field.name == "resume" and field.type is str for field in fields):
        fields = [field for field in fields if field.name != "resume"]
        shared.append(_resume_parameter(config_class, full_name))
    if config_class.presets:
        fields = [field for field in fields if field.name != "preset"]
        shared.append(_preset_parameter(config_class))
    if any(map(is_listed, fields)):
        about = "Show what there is to choose from, with its options, and exit."
        flag = typer.Option("--list", help=about, rich_help_panel=MAIN)
        shared.append(_keyword("list_choices", Annotated[bool, flag], False))
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [*map(_parameter, fields), *former, *shared, _keyword("context", typer.Context, None)]
    )
    command.config_class = config_class  # type: ignore[attr-defined]
    app.command(name, help=help, cls=Command)(command)


def _list_choices(config_class: type[Options], output: Output) -> None:
    from xaitool.cli.help.listing import listing

    found = records(config_class)
    if output.as_json:
        for record in found:
            output.record(record)
    else:
        output.lines(listing(found, width(output.width)))


def _parameter(field: OptionField) -> inspect.Parameter:
    facts = field.facts
    kind = list[field.type] if field.many and facts.repeated else field.type  # type: ignore[name-defined]
    if field.many and not facts.repeated:
        kind = str
    default = list(field.default) if kind == list[field.type] else field.default  # type: ignore[name-defined]
    shared: dict[str, Any] = {
        "help": _help(field),
        "metavar": _metavar(field),
        "rich_help_panel": facts.panel,
        "parser": partial(read_value, field=field) if kind in (int, float) else None,
    }
    info: Any
    if facts.argument:
        info = typer.Argument(**{**shared, "rich_help_panel": None}, show_default=False)
    else:
        info = typer.Option(
            field.flag,
            *facts.flags,
            envvar=facts.envvar,
            show_default=not any(field.default is hidden for hidden in (None, (), False)),
            **shared,
        )
    annotation = kind | None if field.optional else kind
    return _keyword(field.name, Annotated[annotation, info], default)


def _help(field: OptionField) -> str:
    allowed = range_text(field.facts)
    parts = [field.facts.help, f"({allowed})" if allowed else "", _choices(field)]
    return " ".join(filter(None, parts))


def _choices(field: OptionField) -> str:
    """The names, unless they are in sight already or too many, and whether they are described."""
    listed = is_listed(field)
    names = ", ".join(field.facts.choices or (field.facts.completions if listed else ()))
    in_sight = not names or _metavar(field) == names.replace(", ", "|")
    if in_sight or (listed and len(names) > LONGEST_CHOICES):
        return "See --list." if listed else ""
    return f"Names: {names}{'; see --list' if listed else ''}."


def _metavar(field: OptionField) -> str | None:
    choices = "|".join(field.facts.choices)
    if choices and len(choices) <= 40:
        return choices
    if field.type is bool:
        return None
    return field.facts.unit or {int: "N", float: "NUMBER", Path: "PATH"}.get(field.type, "TEXT")


def _shared_parameters(config_class: type[Options], command: str) -> list[inspect.Parameter]:
    def load(context: typer.Context, value: Path | None) -> Path | None:
        if value is not None:
            _set_defaults(context, value, read_config(value, config_class, command))
        return value

    config = typer.Option(
        "--config",
        callback=load,
        is_eager=True,
        metavar="FILE",
        help="Options from a TOML file or a run's config.json; flags win over it.",
        rich_help_panel="Run",
        show_default=False,
    )
    as_json = typer.Option("--json", help="Results as JSON Lines.", rich_help_panel="Output")
    quiet = typer.Option(
        "--quiet", "-q", help="No progress, no messages.", rich_help_panel="Output"
    )
    log_every = typer.Option(
        "--log-every",
        metavar="SECONDS",
        help="Time between two progress lines where there is no terminal.",
        rich_help_panel="Output",
    )
    return [
        _keyword("config", Annotated[Path | None, config], None),
        _keyword("json", Annotated[bool, as_json], False),
        _keyword("quiet", Annotated[bool, quiet], False),
        _keyword("log_every", Annotated[float, log_every], 30.0),
    ]


def _resume_parameter(config_class: type[Options], command: str) -> inspect.Parameter:
    """``--resume RUN`` takes every option that is not given from the run's ``config.json``."""

    def load(context: typer.Context, value: str | None) -> str | None:
        saved = Path(value or "") / "config.json"
        if value not in (None, "auto") and saved.is_file():
            _set_defaults(context, saved, read_config(saved, config_class, command))
        return value

    (field,) = (field for field in option_fields(config_class) if field.name == "resume")
    info = typer.Option(
        field.flag,
        callback=load,
        is_eager=True,
        metavar=field.facts.unit,
        help=field.facts.help,
        rich_help_panel=field.facts.panel,
        show_default=False,
    )
    return _keyword("resume", Annotated[str | None, info], None)


def _preset_parameter(config_class: type[Options]) -> inspect.Parameter:
    """``--preset NAME`` changes defaults: flags, the environment and ``--config`` win over it."""

    def load(context: typer.Context, value: str | None) -> str | None:
        context.default_map = {
            **as_typed(config_class, config_class.presets.get(value or "", {})),
            **(context.default_map or {}),
        }
        return value

    (field,) = (field for field in option_fields(config_class) if field.name == "preset")
    parameter = _parameter(field)
    info = parameter.annotation.__metadata__[0]
    info.callback, info.is_eager = load, True
    return parameter


def _former_parameter(field: OptionField, command: str) -> inspect.Parameter:
    """The flag that an option had before, which says what it is called now."""
    former = "--" + field.facts.formerly.replace("_", "-")

    def refuse(value: str | None) -> None:
        if value is not None:
            raise ConfigError(
                f"{former} is {value!r}, but {command} calls it {field.flag}",
                hint=f"{field.flag} {quote(value)}",
            )

    info = typer.Option(former, callback=refuse, is_eager=True, hidden=True)
    return _keyword(field.facts.formerly, Annotated[str | None, info], None)


def _set_defaults(context: typer.Context, source: Path, values: dict[str, Any]) -> None:
    context.default_map = {**(context.default_map or {}), **values}
    context.obj = {**(context.obj or {}), **dict.fromkeys(values, source)}


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )
