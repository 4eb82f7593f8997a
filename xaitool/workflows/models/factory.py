"""A model that a user's own function makes."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torchvision.ops import StochasticDepth

from xaitool.errors import InputError, ModelError, suggestion
from xaitool.io.damage import reason
from xaitool.options import can_name_code

_CLASS_COUNT = re.compile("((num|n|nb|number_of)_?)?classes")
_SHOWN = 10

WORDS = {"true": True, "false": False, "none": None}


def make_model(source: str) -> nn.Module:
    """Call ``package.module:factory`` or ``package.module:factory(width=32, pretrained=false)``.

    The module is found from the current folder too. Arguments are plain Python values, positional
    or by name; ``true``, ``false`` and ``none`` may be written small. Nothing is evaluated.

    Raises:
        ModelError: It cannot be called, its arguments are no plain values, or it makes no module.
    """
    place, positional, named = _parsed(source)
    try:
        model = find_attribute(place)(*positional, **named)
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        raise ModelError(
            f"model '{source}' cannot be made ({reason(error)}), but an nn.Module is wanted"
        ) from error
    if not isinstance(model, nn.Module):
        raise ModelError(f"'{source}' returned {type(model).__name__}, but an nn.Module is wanted")
    return model


def class_argument(source: str) -> str | None:
    """The argument by which a factory, such as `make_model` calls, takes the number of classes.

    Returns:
        Its name, None where it has none that one knows by its name.
    """
    place, _, given = _parsed(source)
    try:
        taken = list(inspect.signature(find_attribute(place)).parameters)
    except (TypeError, ValueError):  # of some in C nothing is known
        taken = []
    return next((name for name in (*given, *taken) if _CLASS_COUNT.fullmatch(name)), None)


def find_attribute(place: str) -> Any:
    """The function or class that ``package.module:name`` names, ``module:Class.name`` included.

    The module is found from the current folder too. It has to define what is named: itself, another
    module of its package, or, where its ``__all__`` lists the name, whatever it imported.

    Raises:
        ModelError: It cannot be imported, has nothing of that name, or something else.
    """
    module_name, _, attribute = place.partition(":")
    if not can_name_code(place) or not attribute:
        raise ModelError(f"'{place}' is no place of code, but package.module:name is wanted")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return _defined(importlib.import_module(module_name), attribute)
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        name = module_name.removesuffix(".py")
        raise ModelError(
            f"'{place}' cannot be imported ({reason(error)})",
            hint=None if name == module_name else f"without .py: {name}:{attribute}",
        ) from error


def _defined(module: ModuleType, attribute: str) -> Any:
    """A function or class of a module by its name, with dots where it belongs to a class.

    Raises:
        AttributeError: There is nothing of that name in a class.
        ModelError: There is nothing of that name in the module, it is something else, or another
            package's and not listed in ``__all__``.
    """
    name, *inner = attribute.split(".")
    if not hasattr(module, name):
        known = [one for one, found in vars(module).items() if _is_offered(module, one, found)]
        raise ModelError(
            f"'{module.__name__}:{name}' does not exist{suggestion(name, known)}",
            hint=_contents(module.__name__, known),
        )
    value = getattr(module, name)
    if _is_code(value) and not _is_its_own(module, name, value):
        raise ModelError(
            f"'{module.__name__}:{name}' is only imported there, but what {module.__name__} "
            "defines or lists in __all__ is wanted",
            hint=f"{value.__module__}:{attribute}",
        )
    for name in inner:
        # Through anything but a class the way would lead out of the module.
        value = getattr(value, name) if inspect.isclass(value) else None
    if not _is_code(value):
        raise ModelError(
            f"'{module.__name__}:{attribute}' is no function and no class of "
            f"{module.__name__}, but one is wanted"
        )
    return value


def _is_code(value: object) -> bool:
    return inspect.isclass(value) or inspect.isroutine(value)


def _is_its_own(module: ModuleType, name: str, value: Any) -> bool:
    package = str(value.__module__).partition(".")[0]
    return package == module.__name__.partition(".")[0] or name in getattr(module, "__all__", ())


def _is_offered(module: ModuleType, name: str, value: object) -> bool:
    return not name.startswith("_") and _is_code(value) and _is_its_own(module, name, value)


def _contents(module: str, known: Sequence[str]) -> str | None:
    """What a module has, as a hint; of many the first ones."""
    more = ", ..." if len(known) > _SHOWN else ""
    return f"{module} has: {', '.join(known[:_SHOWN])}{more}" if known else None


def mode_matters(model: nn.Module) -> bool:
    """Whether a part of the model is in train mode and would compute something else in eval."""
    return any(
        isinstance(module, _DropoutNd | _BatchNorm | nn.RReLU | StochasticDepth) and module.training
        for module in model.modules()
    )


def _parsed(source: str) -> tuple[str, list[Any], dict[str, Any]]:
    place, bracket, arguments = source.partition("(")
    if not bracket:
        return source, [], {}
    try:
        call = ast.parse(f"factory({arguments}", mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            raise ValueError("more than one pair of brackets")
        positional = [_plain(argument) for argument in call.args]
        named = {_name(keyword): _plain(keyword.value) for keyword in call.keywords}
        if len(named) < len(call.keywords):
            raise ValueError("a name is given twice")
        return place.strip(), positional, named
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ModelError(
            f"model '{source}' has arguments that cannot be read ({reason(error)}), but plain "
            "values such as (width=32, pretrained=false) are wanted",
            hint="a text is written in quotes",
        ) from None


def _plain(argument: ast.expr) -> Any:
    return ast.literal_eval(_SmallWords().visit(argument))


def _name(keyword: ast.keyword) -> str:
    if keyword.arg is None:
        raise ValueError("** is no name")
    return keyword.arg


class _SmallWords(ast.NodeTransformer):
    """Exchanges ``true``, ``false`` and ``none`` for Python's."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(WORDS[node.id]) if node.id in WORDS else node
