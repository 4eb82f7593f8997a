"""Builds the API reference from the docstrings: ``python -m tests.api_reference FOLDER``.

A warning of pdoc's, such as a type that leads nowhere, is a failure. Beside pdoc's own command
line this resolves what is lazy or inherited, which pdoc looks for in the wrong module.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import typing
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pdoc

import xaitool


def build(folder: Path) -> list[str]:
    """Write a page for each module and an index; the warnings come back."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Before Python 3.12 a TypedDict forgets its parents.
        warnings.filterwarnings("ignore", "Cannot determine where .* is taken from")
        modules = _modules()
        for name in xaitool.__all__:
            vars(xaitool)[name] = getattr(xaitool, name)
        for module in modules:
            for kind in vars(module).values():
                if isinstance(kind, type) and kind.__module__ == module.__name__:
                    _resolve(kind)
        # By the package alone pdoc would stop at what `xaitool.__all__` names.
        rooms = [module.__name__ for module in modules if module.__name__.count(".") == 1]
        pdoc.render.configure(docformat="google", show_source=False)
        pdoc.pdoc("xaitool", *rooms, output_directory=folder)
    return [f"{warning.category.__name__}: {warning.message}" for warning in caught]


def _modules() -> list[ModuleType]:
    names = [module.name for module in pkgutil.walk_packages(xaitool.__path__, "xaitool.")]
    return [importlib.import_module(name) for name in names if not name.endswith("__main__")]


def _resolve(kind: Any) -> None:
    """The types of a made constructor's arguments are those of the modules that have the fields."""
    if hasattr(kind, "_fields") or hasattr(kind, "__dataclass_fields__"):
        made = kind.__new__ if hasattr(kind, "_fields") else kind.__init__
        made.__annotations__.update(typing.get_type_hints(kind))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.api_reference", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pages go")
    sys.exit("\n".join(build(parser.parse_args().folder)) or None)
