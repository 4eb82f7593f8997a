"""The examples in the docstrings run as they are printed."""

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
import torch

import xaitool.core.attribution as package
from xaitool import registry
from xaitool.core.attribution import base

MODULES = [module.name for module in pkgutil.iter_modules(package.__path__)]


def examples(module: Any) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(module) if test.examples]


@pytest.fixture(autouse=True)
def _random_state_of_its_own() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        yield


def run(test: doctest.DocTest) -> dict[str, Any]:
    """The names that the example made."""
    complaints: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test, out=complaints.append, clear_globs=False)
    assert runner.summarize(verbose=False).failed == 0, "".join(complaints)
    return test.globs


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    """Those of a method continue that of the base class."""
    (first,) = examples(base)
    begun = run(first)
    for test in examples(importlib.import_module(f"{package.__name__}.{name}")):
        test.globs.update(begun)
        run(test)


@pytest.mark.parametrize("name", registry.names("method"))
def test_every_method_has_an_example(name: str) -> None:
    assert "    >>> " in (registry.load("method", name).__doc__ or "")
