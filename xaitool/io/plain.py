"""Plain values from files: parsed safely, then checked against a declared schema.

The one road by which JSON, TOML and the plain part of an artifact come in. A schema is a type as
msgspec reads it, such as a ``TypedDict``; it is declared beside who writes the value.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from xaitool.errors import ArtifactError, InputError
from xaitool.io.folders import is_stream

# What every schema is made of; msgspec itself lets a float be NaN.
LARGEST = 1.7976931348623157e308
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Positive: TypeAlias = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Finite: TypeAlias = Annotated[float, Meta(ge=-LARGEST, le=LARGEST)]

# An option of a command, as its configuration keeps it.
Scalar: TypeAlias = str | int | float | bool | None
Option: TypeAlias = str | int | float | bool | list[Scalar] | None
# Of images ``(C, H, W)``.
Side: TypeAlias = Annotated[int, Meta(ge=1, le=2**16)]
Shape: TypeAlias = tuple[Side, Side, Side]

MOST_BYTES = 2**26
DEEPEST = 64
LARGEST_INTEGER = 2**64

Schema = TypeVar("Schema")
Refusal: TypeAlias = type[InputError]

_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "null",
    "Tensor": "a tensor",
}


def read_plain(path: Path, *, error: Refusal = ArtifactError) -> Any:
    """Read a JSON file, or a TOML file where the name ends in ``.toml``.

    Args:
        path: The file, at most 64 MiB, in UTF-8 with or without a byte order mark.
        error: What is raised.

    Raises:
        InputError: As `error`: it cannot be read, or `parse_json` or `parse_toml` refuses it.
    """
    try:
        if is_stream(path):
            raise error(f"{path} is a pipe or a device, but a file is wanted")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as found:
        reason = getattr(found, "strerror", None) or str(found)
        raise error(f"{path} cannot be read: {reason}") from None
    if len(content) > MOST_BYTES:
        raise error(f"{path} has more than {MOST_BYTES >> 20} MiB, but plain values are small")
    parse = parse_toml if path.suffix == ".toml" else parse_json
    return parse(content, str(path), error=error)


def parse_json(content: str | bytes, where: str, *, error: Refusal = ArtifactError) -> Any:
    """Parse JSON, without the NaN and infinity that Python's own parser would take.

    Args:
        content: The text, or its bytes in UTF-8.
        where: What it is called in the message.
        error: What is raised.

    Raises:
        InputError: As `error`: it is no such text, or holds what no plain value is: numbers that
            are not finite, integers beyond 64 bits, NUL, lone surrogates that are no byte of a
            file name, or lists in lists without an end.
    """
    return _parsed(json.loads, "JSON", content, where, error)


def parse_toml(content: str | bytes, where: str, *, error: Refusal = ArtifactError) -> Any:
    """Parse TOML; arguments and refusals as of `parse_json`."""
    return _parsed(tomllib.loads, "TOML", content, where, error)


def checked(
    value: Any, schema: type[Schema], where: str, *, error: Refusal = ArtifactError
) -> Schema:
    """The value itself, once it is what the schema says; keys that the schema lacks are let be.

    Args:
        value: A plain value, or one with tensors in it.
        schema: Its type, such as a ``TypedDict``.
        where: What holds it, for the message.
        error: What is raised.

    Raises:
        InputError: As `error`: a key is missing, or a value is another.
    """
    try:
        msgspec.convert(_wrapped(value), schema, strict=True, dec_hook=_unwrapped)
    except msgspec.ValidationError as found:
        raise error(_line(str(found), value, where)) from None
    return value  # type: ignore[no-any-return]


class _Opaque:
    """What is no plain value; msgspec would take a tensor for a table, and ask it for its keys."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _wrapped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _wrapped(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_wrapped(part) for part in value]
    return value if value is None or isinstance(value, str | int | float) else _Opaque(value)


def _unwrapped(kind: type, wrapped: Any) -> Any:
    if isinstance(wrapped, _Opaque) and isinstance(wrapped.value, kind):
        return wrapped.value
    raise TypeError(f"Expected `{kind.__name__}`")


def unfit(value: Any) -> str | None:
    """What makes a value of dicts, lists and scalars no plain one, in a few words; None: nothing.

    Texts may hold the surrogates by which Python writes the bytes of a file name that is no UTF-8.
    """
    waiting = [(value, 0, "")]
    while waiting:
        item, depth, name = waiting.pop()
        if isinstance(item, dict | list | tuple):
            if depth == DEEPEST:
                return f"lists or tables nested more than {DEEPEST} deep"
            waiting += [(part, depth + 1, key or name) for key, part in _parts(item)]
        elif fault := _unfit_scalar(item):
            return f"{fault} in {_shown(name)}" if name else fault
    return None


def _parts(value: dict[str, Any] | list[Any] | tuple[Any, ...]) -> Iterable[tuple[str, Any]]:
    """The parts of a value, each with its key in a table; the keys are parts themselves."""
    if isinstance(value, dict):
        return [*value.items(), *(("", key) for key in value)]
    return (("", part) for part in value)


def _unfit_scalar(value: Any) -> str | None:
    if isinstance(value, str):
        if "\0" in value:
            return "a text with a NUL"
        return "a lone surrogate" if _LONE.search(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else "a number that is not finite"
    too_large = isinstance(value, int) and abs(value) >= LARGEST_INTEGER
    return "an integer of more than 64 bits" if too_large else None


_LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def _parsed(
    load: Callable[[str], Any], form: str, content: str | bytes, where: str, error: Refusal
) -> Any:
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
        value = load(text.removeprefix("\ufeff"))
    except UnicodeDecodeError:
        raise error(f"{where} is not valid {form}: it is no UTF-8 text") from None
    except RecursionError:
        fault: str | None = f"lists or tables nested more than {DEEPEST} deep"
    except ValueError as reason:
        # Python converts no more than 4,300 digits, and says so by the plain exception.
        if type(reason) is not ValueError:
            line = " ".join(str(reason).split())
            raise error(f"{where} is not valid {form}: {line}") from None
        fault = "an integer of more than 64 bits"
    else:
        fault = unfit(value)
    if fault is not None:
        raise error(f"{where} holds {fault}, but plain values are wanted")
    return value


def _line(message: str, value: Any, where: str) -> str:
    """What msgspec says, ``Expected `int`, got `str` - at `$.a[0]``` as ours."""
    said, _, place = message.partition(" - at ")
    place = place.removeprefix("`key` in ").strip("`")
    name = place.removeprefix("$").removeprefix(".")
    if missing := re.search("missing required field `(.*)`", said):
        return f"{where} has no '{f'{name}.' if name else ''}{missing[1]}', but it is wanted"
    shown_value = _shown_at(value, place)
    wanted = said.removeprefix("Expected ").partition(", got ")[0]
    wanted = re.sub(r"`([^`]*)`", lambda match: _in_words(match[1]), wanted)
    if wanted.startswith("Invalid enum value"):
        wanted = "one of the known names"
    wanted = wanted.replace(f">= -{LARGEST!r}", "that is finite")
    wanted = wanted.replace(f"<= {LARGEST!r}", "that is finite")
    shown = f"'{name}' {shown_value}" if name else shown_value
    return f"{where} has {shown}, but {wanted} is wanted"


def _in_words(types: str) -> str:
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | "))


def _shown_at(value: Any, place: str) -> str:
    """What lies at a place such as ``$.a[0].b``; of a part without a name, what it is part of."""
    for key, index in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", place):
        try:
            value = value[int(index) if index else key]
        except (LookupError, TypeError, ValueError, RuntimeError):
            break
    return _shown(value)


def _shown(value: Any) -> str:
    if value is None or isinstance(value, str | int | float):
        text = json.dumps(value) if value is None or isinstance(value, bool | str) else repr(value)
        return text if len(text) <= 60 else f"{text[:40]}...{text[-15:]}"
    if isinstance(value, dict | list | tuple):
        return f"a {'table' if isinstance(value, dict) else 'list'} of {len(value)}"
    return f"a {type(value).__name__.lower()}"
