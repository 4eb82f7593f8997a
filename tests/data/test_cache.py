from __future__ import annotations

from pathlib import Path

import pytest

from xaitool.data.cache import cache_directory, data_directory


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("XAITOOL_DATA", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/ada")


def test_order(monkeypatch: pytest.MonkeyPatch):
    assert data_directory() == Path("/home/ada/.cache/xaitool/data")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert data_directory() == Path("/cache/xaitool/data")
    monkeypatch.setenv("XAITOOL_DATA", "/data")
    assert data_directory() == Path("/data")
    assert data_directory(Path("~/mine")) == Path("/home/ada/mine")
    assert cache_directory() == Path("/cache/xaitool")


@pytest.mark.parametrize("value", ["", "relative/cache"])
def test_a_cache_home_that_is_not_absolute_is_ignored(value: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert cache_directory() == Path("/home/ada/.cache/xaitool")


def test_an_empty_data_variable_is_ignored(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XAITOOL_DATA", "")
    assert data_directory() == Path("/home/ada/.cache/xaitool/data")
