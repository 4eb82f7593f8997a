"""A model that a user's own function makes."""

from __future__ import annotations

import ast
import importlib
import sys
from operator import attrgetter
from pathlib import Path
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torchvision.ops import StochasticDepth

from xaitool.errors import InputError, ModelError
from xaitool.workflows.damage import reason

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
    except Exception as error:
        raise ModelError(
            f"model '{source}' cannot be made ({reason(error)}), but an nn.Module is wanted"
        ) from error
    if not isinstance(model, nn.Module):
        raise ModelError(f"'{source}' returned {type(model).__name__}, but an nn.Module is wanted")
    return model


def find_attribute(place: str) -> Any:
    """What ``package.module:name`` names; the module is found from the current folder too.

    Raises:
        ModelError: It cannot be imported, or has nothing of that name.
    """
    module_name, _, attribute = place.partition(":")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return attrgetter(attribute)(importlib.import_module(module_name))
    except Exception as error:
        raise ModelError(f"'{place}' cannot be imported ({reason(error)})") from error


def mode_matters(model: nn.Module) -> bool:
    """Whether a part of the model is in train mode and would compute something else in eval."""
    return any(
        module.training and isinstance(module, _DropoutNd | _BatchNorm | nn.RReLU | StochasticDepth)
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
