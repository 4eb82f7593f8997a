"""Small recommenders that are changed for a test, and standard input with users in it."""

from __future__ import annotations

import dataclasses
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trained import recommender_run
from xaitool.workflows.recommenders.recommender import (
    Recommender,
    load_recommender,
    save_recommender,
)
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


def fitted(base: str = "svd") -> Recommender:
    """The recommender of `recommender_run`."""
    return load_recommender(recommender_run(base), CPU)


def changed(path: Path, base: str = "svd", **parts: Any) -> Path:
    """A copy of it with other parts, such as titles."""
    recommender = fitted(base)
    if "titles" in parts:
        parts["names"] = dataclasses.replace(recommender.names, titles=parts.pop("titles"))
    save_recommender(path, dataclasses.replace(recommender, **parts))
    return path


def with_titles(path: Path) -> Path:
    """Items are called Film 1 (1990) and so on, the third one in Greek."""
    titles = [f"Film {number} (1990)" for number in range(1, 61)]
    titles[2] = "Ζορμπάς (1964)"
    return changed(path, titles=tuple(titles))


def give_lines(patch: pytest.MonkeyPatch, lines: Iterable[str]) -> None:
    """Standard input."""
    text = "".join(f"{line}\n" for line in lines).encode()
    patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
