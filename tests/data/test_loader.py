"""What a dataset's loader is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from xaitool.data.loader import DatasetRequest
from xaitool.errors import ConfigError, UnknownNameError


def test_another_dataset_is_asked_for_in_its_own_size(tmp_path: Path) -> None:
    asked = DatasetRequest(
        "a", "test", data_dir=tmp_path, image_size=9, channels=3, workers=7, on_error="skip"
    )
    other = DatasetRequest("b", "test", data_dir=tmp_path, workers=7, on_error="skip")
    assert asked.of("b") == other
    assert (other.image_size, other.channels) == (None, None)


def test_what_is_asked_for_is_loaded() -> None:
    found = DatasetRequest("digits", "test").load()
    assert (found.name, found.split, found.shape) == ("digits", "test", (1, 28, 28))


def test_what_cannot_be() -> None:
    with pytest.raises(UnknownNameError, match="unknown split 'tets'; did you mean 'test'"):
        DatasetRequest("digits", cast(Any, "tets"))
    with pytest.raises(ConfigError, match="image size is -1, but at least 1 is wanted"):
        DatasetRequest("digits", "test", image_size=-1)
