"""The examples in the docstrings run as they are printed."""

import importlib

import pytest

from tests.core.attribution.test_examples import _random_state_of_its_own, examples, run
from xaitool import registry
from xaitool.core.attacks import base

__all__ = ["_random_state_of_its_own"]
MODULES = sorted(
    {registry.entry("attack", name).target.partition(":")[0] for name in registry.names("attack")}
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    """Those of an attack continue that of the base class."""
    (first,) = examples(base)
    begun = run(first)
    for test in examples(importlib.import_module(f"xaitool.{name}")):
        test.globs.update(begun)
        run(test)
