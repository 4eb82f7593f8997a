"""What holds of every log."""

from __future__ import annotations

import inspect

import pytest

from xaitool import registry
from xaitool.workflows.runs.logs.base import RunLog


@pytest.mark.parametrize("name", registry.names("log"))
def test_a_log_is_one_file_that_names_its_library(name: str) -> None:
    log = registry.load("log", name)
    assert issubclass(log, RunLog)
    assert not inspect.isabstract(log)
    assert log.library == name
