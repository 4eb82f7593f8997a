"""Class names from a file that people have: a text, a JSON list, or ImageNet's index."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from xaitool.errors import ConfigError
from xaitool.io.folders import kind_of_mode
from xaitool.io.plain import parse_json

WANTED = (
    "one name a line, a JSON list of names, or a JSON object from class index to name is wanted"
)


def read_class_names(path: Path) -> tuple[str, ...]:
    """Read class names, in the order of the classes.

    A file that ends in ``.json`` holds a list of names, or an object from the class index to the
    name or to ImageNet's pair of WordNet identifier and name; any other holds one name a line,
    in UTF-8. ImageNet has two classes *crane* and two *maillot*: a name that several classes of
    such pairs share gets its identifier, as ``crane (n02012849)``, so that a name means one class.

    Raises:
        ConfigError: The file cannot be read or has another form, or a name is missing, empty,
            unprintable or not the only one.
    """
    text = _read(path)
    names = _from_json(text, path) if path.suffix.lower() == ".json" else _from_lines(text)
    if not names:
        raise ConfigError(f"classes file '{path}' has no names, but {WANTED}")
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if not name or not name.isprintable():
            found = "no name" if not name else f"the name {name!r}"
            raise ConfigError(
                f"classes file '{path}' has {found} for class {index}, but a text is wanted"
            )
        if first.setdefault(name, index) != index:
            raise ConfigError(
                f"classes file '{path}' calls both class {first[name]} and class {index} "
                f"'{name}', but every class needs its own name"
            )
    return tuple(names)


def _read(path: Path) -> str:
    try:
        kind = kind_of_mode(path.stat().st_mode)
        if kind != "a file":  # to open a pipe would wait for whoever writes into it
            raise ConfigError(f"classes file '{path}' is {kind}, but {WANTED}")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"classes file '{path}' is no UTF-8 text, but {WANTED}") from None
    except OSError as error:
        raise ConfigError(
            f"classes file '{path}' cannot be read ({error.strerror}), but {WANTED}"
        ) from None


def _from_lines(text: str) -> list[str]:
    return [line.strip() for line in text.rstrip().split("\n")] if text.strip() else []


def _from_json(text: str, path: Path) -> list[str]:
    content = parse_json(text, f"classes file '{path}'", error=ConfigError)
    if isinstance(content, dict):
        content = _by_index(content, path)
    if not isinstance(content, list):
        raise ConfigError(f"classes file '{path}' has another form, but {WANTED}")
    if content and all(map(_is_pair, content)):
        return _without_twins(content)
    if not all(isinstance(name, str) for name in content):
        raise ConfigError(f"classes file '{path}' has names that are no text, but {WANTED}")
    return [name.strip() for name in content]


def _by_index(content: dict[str, Any], path: Path) -> list[Any]:
    for index in range(len(content)):
        if str(index) not in content:
            raise ConfigError(
                f"classes file '{path}' has {len(content)} entries but none for class {index}, "
                f"but the indices 0 to {len(content) - 1} are wanted"
            )
    return [content[str(index)] for index in range(len(content))]


def _is_pair(entry: Any) -> bool:
    return (
        isinstance(entry, list) and len(entry) == 2 and all(isinstance(one, str) for one in entry)
    )


def _without_twins(pairs: list[list[str]]) -> list[str]:
    count = Counter(name for _, name in pairs)
    return [name if count[name] == 1 else f"{name} ({identifier})" for identifier, name in pairs]


def few_names(names: tuple[str, ...], most: int = 5) -> str:
    """The first of some class names, for a message."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
