"""The examples in the docstrings run as they are printed, and what users call has one."""

from __future__ import annotations

import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import xaitool
from xaitool import registry

ROOT = Path(xaitool.__file__).parent
PROMPT = ">>> "
MODULES = [
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    for path in sorted(ROOT.rglob("*.py"))
    if PROMPT in path.read_text()
]
REGISTERED = [
    (kind, name)
    for kind in ("method", "baseline", "loss", "attack")
    for name in registry.names(kind)
]
EXPORTED = [name for name in xaitool.__all__ if name != "__version__"]


@pytest.fixture(autouse=True)
def _random_state_of_its_own() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        yield


@pytest.mark.parametrize("name", MODULES)
def test_every_example_runs(name: str) -> None:
    """By the names alone that it imports itself."""
    module: Any = importlib.import_module(name)
    tests = doctest.DocTestFinder().find(module, globs={})
    complaints: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    for test in tests:
        runner.run(test, out=complaints.append)
    assert not complaints, "".join(complaints)
    assert runner.tries == Path(module.__file__).read_text().count(PROMPT)


@pytest.mark.parametrize(("kind", "name"), REGISTERED)
def test_every_registered_thing_has_an_example(kind: str, name: str) -> None:
    thing = registry.load(kind, name)
    check_shown(vars(thing)["__doc__"], thing.__name__)


@pytest.mark.parametrize("name", EXPORTED)
def test_every_exported_name_has_an_example(name: str) -> None:
    """By the name that users import."""
    check_shown(getattr(xaitool, name).__doc__, f"xaitool.{name}")


def check_shown(docstring: str | None, name: str) -> None:
    """It is used, and something is to be seen."""
    examples = doctest.DocTestParser().get_examples(docstring or "")
    assert any(name in example.source for example in examples)
    assert any(example.want for example in examples)
