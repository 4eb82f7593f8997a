"""An option is declared once: a field of a frozen dataclass, made by `option`.

The command line, ``--help``, the keys of ``--config``, ``config.json``, the comparison on resume
and the Python call all derive from that field. A leaf: imports nothing of ours but the errors.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeVar

from xaitool.errors import ConfigError, UnknownNameError, names_hint, suggestion
from xaitool.near_names import usual_spelling
from xaitool.options.reader import Reader

Role = Literal["experiment", "run", "place"]

WANTED = {bool: "true or false", int: "a whole number", float: "a number", Path: "a path"}
TOO_LARGE = {int: "a whole number below 2^63", float: "a number below 1.8e308"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptionFacts:
    """What is known about an option beside its type and default.

    Attributes:
        help: One sentence for ``--help``.
        panel: The group under which ``--help`` shows it.
        minimum: Smallest allowed value, inclusive.
        above: The value must be greater than this.
        maximum: Largest allowed value, inclusive.
        unit: Metavar and unit, such as ``STEPS``.
        choices: The allowed names, or each to what ``--list`` says of it; empty when free.
        completions: What TAB offers where any text is allowed.
        what: How an unknown name is called in the message, such as ``method``.
        flags: Extra short flags, such as ``-o``.
        envvar: Environment variable that sets it.
        argument: Whether it is positional on the command line.
        repeated: Whether several values are given by repeating the flag; otherwise by commas.
        names_code: Whether a value can name code, see `can_name_code`, which only the flags of the
            command line at hand may do: no file, and no environment.
        formerly: Name that the option had before: still read from files and checkpoints, refused
            as a flag.
        role: ``experiment`` (recorded, must be equal on resume), ``run`` (recorded, may change on
            resume) or ``place`` (where this run lives; not recorded).
    """

    help: str
    panel: str = "Options"
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    unit: str | None = None
    choices: Collection[str] = ()
    completions: tuple[str, ...] = ()
    what: str = "name"
    flags: tuple[str, ...] = ()
    envvar: str | None = None
    argument: bool = False
    repeated: bool = False
    names_code: bool = False
    formerly: str = ""
    role: Role = "experiment"


def option(default: Any, help: str, **facts: Any) -> Any:
    """Declare an option: a dataclass field with a default and `OptionFacts`."""
    return dataclasses.field(default=default, metadata={"option": OptionFacts(help=help, **facts)})


def can_name_code(text: str) -> bool:
    """Whether a text can name code that runs: ``package.module:name``, or a program, ``FILE.pt2``.

    By the text alone: what lies at a path may be another thing by the time that it is opened. What
    imports asks here too, so that nothing else can be imported.
    """
    module, colon, _ = text.partition(":")
    # torchvision:NAME is one of its networks, and a module's name is no path.
    is_place = bool(colon) and module != "torchvision" and not {"/", "\\"} & set(module)
    return is_place or text.endswith(".pt2")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Base of every option dataclass; construction checks names, ranges and choices.

    Raises:
        ConfigError: A value is of the wrong type or out of range.
        UnknownNameError: A value is none of the choices.

    Attributes:
        main: The options that help shows before all others, in its order.
        presets: Named sets of defaults, see `with_presets`.
        readers: What reads the options that not every run reads.
    """

    main: ClassVar[tuple[str, ...]] = ()
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    readers: ClassVar[tuple[Reader, ...]] = ()

    def __post_init__(self) -> None:
        for field in option_fields(type(self)):
            value = _coerce(getattr(self, field.name), field)
            object.__setattr__(self, field.name, value)
            _check(value, field)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], *, source: str) -> Self:
        """Build from plain JSON or TOML values.

        Args:
            values: Option name (with ``_`` or ``-``) to value.
            source: Where the values come from, for the message.

        Raises:
            ConfigError: A key is unknown, or a value does not fit.
        """
        return cls(**normalised_keys(cls, values, source=source))

    @classmethod
    def from_assignments(cls, assignments: Iterable[str], *, source: str) -> Self:
        """Build from ``name=value`` texts, as ``--method-option`` gives them."""
        pairs = [assignment.partition("=") for assignment in assignments]
        for name, equals, _ in pairs:
            if not equals:
                raise ConfigError(f"{source} '{name}' has no value, but name=value is wanted")
        try:
            return cls.from_mapping({name: value for name, _, value in pairs}, source=source)
        except ConfigError as error:
            if not str(error).startswith("--"):
                raise
            # Here an option is a name, not a flag.
            message = f"{source}: {str(error).removeprefix('--')}"
            raise ConfigError(message, hint=error.hint) from error

    def defaults(self) -> dict[str, Any]:
        """What each option is where it is not given: by the preset asked for, else its own."""
        own = {field.name: field.default for field in option_fields(type(self))}
        return {**own, **self.presets.get(str(getattr(self, "preset", None)), {})}

    def to_dict(self, *roles: Role) -> dict[str, Any]:
        """The options as plain JSON values.

        Args:
            *roles: Only options of these roles; none given: all.
        """
        return {
            field.name: _plain(getattr(self, field.name))
            for field in option_fields(type(self))
            if not roles or field.facts.role in roles
        }


Config = TypeVar("Config", bound=Options)


def with_presets(
    presets: Mapping[str, Mapping[str, Any]],
) -> Callable[[type[Config]], type[Config]]:
    """Give an option dataclass named sets of defaults, chosen by its option ``preset``.

    A value that is given wins over the preset, also where it is the option's own default.

    Args:
        presets: Name of each preset to the values that it sets.
    """

    def decorate(cls: type[Config]) -> type[Config]:
        create = cls.__init__

        @functools.wraps(create)
        def initialise(self: Config, **values: Any) -> None:
            chosen = values.get("preset", vars(cls)["preset"])
            create(self, **{**presets.get(str(chosen), {}), **values})

        cls.presets = presets
        cls.__init__ = initialise  # type: ignore[method-assign, assignment]
        return cls

    return decorate


@dataclasses.dataclass(frozen=True)
class OptionField:
    """A field with its resolved type, for those who build something from it.

    Attributes:
        name: Field name, with underscores.
        type: The type without ``| None`` and without the tuple around it.
        many: Whether the value is a tuple of `type`.
        optional: Whether None is allowed.
        default: The default value.
        facts: The rest.
    """

    name: str
    type: type
    many: bool
    optional: bool
    default: Any
    facts: OptionFacts

    @property
    def flag(self) -> str:
        """The long flag, such as ``--batch-size``."""
        return "--" + self.name.replace("_", "-")


def option_fields(cls: type[Options]) -> list[OptionField]:
    """The options of a dataclass, in order."""
    hints = typing.get_type_hints(cls)
    return [
        OptionField(field.name, *_split(hints[field.name]), field.default, facts)
        for field in dataclasses.fields(cls)
        if (facts := field.metadata.get("option")) is not None
    ]


def present_names(cls: type[Options], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a run under the names that their options have now; other keys stay."""
    former = _former_names(cls)
    return {former.get(name, name): value for name, value in values.items()}


def _former_names(cls: type[Options]) -> dict[str, str]:
    return {
        field.facts.formerly: field.name for field in option_fields(cls) if field.facts.formerly
    }


def normalised_keys(
    cls: type[Options], values: Mapping[str, Any], *, source: str
) -> dict[str, Any]:
    """Turn ``batch-size`` and former names into names, refuse keys that are no option of `cls`."""
    known = [field.name for field in option_fields(cls)]
    former = _former_names(cls)
    normal = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in known:
            name = former.get(name) or usual_spelling(name).replace("-", "_")
        if name not in known:
            raise ConfigError(
                f"{source} has no option '{key}'{suggestion(name, known)}",
                hint=names_hint(name, known) if known else "it has no options",
            )
        normal[name] = value
    return normal


def _split(hint: Any) -> tuple[type, bool, bool]:
    optional = False
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        optional = True
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is tuple:
        return typing.get_args(hint)[0], True, optional
    return hint, False, optional


def _coerce(value: Any, field: OptionField) -> Any:
    if value is None and field.optional:
        return None
    if field.many:
        if isinstance(value, str):
            value = (value,) if field.facts.repeated else value.split(",")
        if not isinstance(value, list | tuple):
            value = (value,)
        return tuple(read_value(part, field) for part in value)
    return read_value(value, field)


def read_value(value: Any, field: OptionField) -> Any:
    """One value of an option in the option's type, as a flag, a file or Python gives it.

    Raises:
        ConfigError: It is of another type, or what no number, text or path can be.
    """
    wanted = WANTED.get(field.type, "a text")
    try:
        if field.type is bool:
            return _to_bool(value)
        if field.type is int:
            return _to_int(value)
        if field.type is float:
            return _to_float(value)
        if isinstance(value, str | Path) and (field.type is Path or isinstance(value, str)):
            return field.type(_to_text(str(value)))
    except OverflowError:
        wanted = TOO_LARGE[field.type]
    except UnicodeError:
        wanted += " without NUL and halves of characters"
    except (TypeError, ValueError, ArithmeticError):
        pass
    raise ConfigError(f"{field.flag} is {_shown(value)}, but {wanted} is wanted")


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no", "1", "0"):
        return value.lower() in ("true", "yes", "1")
    raise ValueError(value)


def _to_int(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(value)
    # Python itself converts no text of more than 4,300 digits, and does not say that it is long.
    if (isinstance(value, str) and len(value) > 1000) or abs(number := int(value)) >= 2**63:
        raise OverflowError(value)
    return number


def _to_float(value: Any) -> float:
    """A number, or a fraction of two such as ``8/255``."""
    if isinstance(value, bool):
        raise ValueError(value)
    if isinstance(value, str) and "/" in value:
        above, below = map(float, value.split("/"))
        if not (math.isfinite(above) and math.isfinite(below)):
            raise ValueError(value)
        return above / below
    return float(value)


def _to_text(value: str) -> str:
    """The text, where a file name can be it: the bytes of one need not be characters."""
    value.encode("utf-8", "surrogateescape")
    if "\0" in value:
        raise UnicodeError(value)
    return value


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError):
        return "too long to be shown"


def _check(value: Any, field: OptionField) -> None:
    facts = field.facts
    for part in value if field.many and value is not None else (value,):
        if part is None:
            continue
        if facts.choices and part not in facts.choices:
            raise UnknownNameError(facts.what, part, facts.choices, listed="--list")
        if (
            isinstance(part, int | float)
            and not isinstance(part, bool)
            and not _in_range(part, facts)
        ):
            raise ConfigError(
                f"{field.flag} is {part}, but {range_text(facts) or 'a finite number'} is wanted"
            )


def _in_range(value: float, facts: OptionFacts) -> bool:
    return (
        math.isfinite(value)
        and (facts.minimum is None or value >= facts.minimum)
        and (facts.above is None or value > facts.above)
        and (facts.maximum is None or value <= facts.maximum)
    )


def range_text(facts: OptionFacts) -> str:
    """The allowed range in words, such as ``at least 1``; empty when there is none."""
    parts = []
    if facts.minimum is not None:
        parts.append(f"at least {facts.minimum:g}")
    if facts.above is not None:
        parts.append(f"more than {facts.above:g}")
    if facts.maximum is not None:
        parts.append(f"at most {facts.maximum:g}")
    return " and ".join(parts)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value


@dataclass(frozen=True, kw_only=True)
class NoOptions(Options):
    """For a method that has none."""
