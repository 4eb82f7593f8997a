"""Whatever value of an artifact is another: it is refused by one line, or it is no matter."""

from __future__ import annotations

import copy
import functools
import json
import math
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trained import baseline_gan_run, classifier_run, gan_run, recommender_run
from tests.workflows.cvae_runs import cvae_run
from tests.workflows.tiny_runs import classifier_config, gan_config
from xaitool.errors import InputError
from xaitool.io.checkpoints import HEADER, checkpoint_path, load_checkpoint, save_checkpoint
from xaitool.io.damage import damage_as_error
from xaitool.workflows.classifiers.train_classifier import train_classifier
from xaitool.workflows.counterfactuals.cvae import load_cvae
from xaitool.workflows.counterfactuals.generator import load_generator
from xaitool.workflows.evaluation.gans.histories import read_history
from xaitool.workflows.gans.networks import SavedGan, generator_of
from xaitool.workflows.gans.train_gan import train_gan
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.recommenders.recommender import load_recommender
from xaitool.workflows.runs.directory import RunDirectory
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**9,
    2**63,
    1.5,
    math.nan,
    "text",
    "",
    [],
    [1],
    {},
    {"a": 1},
    torch.zeros(2),
    torch.tensor(7),
)

Place = tuple[Any, ...]


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where the parts of a value are; of a long list its first ones."""
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list | tuple):
        parts = list(enumerate(value))[:2]
    else:
        parts = []
    for key, part in parts:
        yield (*place, key)
        yield from places(part, (*place, key))


def mangled(value: Any, place: Place, other: Any) -> Any:
    copied = copy.deepcopy(value)
    part = copied
    for key in place[:-1]:
        part[key] = list(part[key]) if isinstance(part[key], tuple) else part[key]
        part = part[key]
    part[place[-1]] = other
    return copied


def load_gan(path: Path) -> None:
    content = load_checkpoint(path, kind="gan", schema=SavedGan)
    with damage_as_error(path):
        generator_of(content)


def resume_gan(path: Path) -> None:
    (path.parent / "last.pt").write_bytes(path.read_bytes())
    options = {"batch_size": 64, "fid_samples": 0, "resume": str(path.parent), "dry_run": True}
    train_gan(gan_config(None, **options))


def resume_classifier(path: Path) -> None:
    (path.parent / "last.pt").write_bytes(path.read_bytes())
    options = {"classes": None, "resume": str(path.parent), "dry_run": True}
    train_classifier(classifier_config(None, **options))


@functools.cache
def whole(kind: str) -> tuple[str, dict[str, Any], list[Place]]:
    runs: dict[str, Callable[[], Path]] = {
        "classifier": classifier_run,
        "gan": gan_run,
        "baseline-gan": baseline_gan_run,
        "cvae": cvae_run,
        "recommender": lambda: recommender_run("svd"),
    }
    kind = kind.removeprefix("resumed ")
    run = runs[kind]
    path = run() / "last.pt"
    content = load_checkpoint(checkpoint_path(path if path.is_file() else run()), kind=kind)
    content = {name: value for name, value in content.items() if name not in HEADER}
    return kind, content, list(places(content))


LOADERS: dict[str, Callable[[Path], Any]] = {
    "classifier": lambda path: load_classifier(str(path), None, CPU),
    "gan": load_gan,
    "baseline-gan": lambda path: load_generator(path, CPU),
    "cvae": lambda path: load_cvae(path, CPU),
    "recommender": lambda path: load_recommender(path, CPU),
    "resumed gan": resume_gan,
    "resumed classifier": resume_classifier,
}


def refused(name: str, folder: Path, count: int, seed: int) -> int:
    """How many of so many mangled checkpoints are refused; all others have to load."""
    kind, content, everywhere = whole(name)
    draws, path, refusals = random.Random(seed), folder / "a.pt", 0
    outer = [place for place in everywhere if place[0] != "state" or len(place) < 3]
    for number in range(count):
        place = draws.choice(everywhere if number % 3 == 0 else outer)
        other = draws.choice(OTHERS)
        save_checkpoint(path, kind, mangled(content, place, other))
        try:
            LOADERS[name](path)
        except InputError as error:
            refusals += 1
            if "\n" in str(error):
                pytest.fail(f"{place} {other!r}: more than one line")
        except Exception as error:
            pytest.fail(f"{place} {other!r}: {type(error).__name__}: {error}")
    return refusals


@pytest.mark.parametrize("name", LOADERS)
def test_a_mangled_checkpoint(name: str, tmp_path: Path) -> None:
    LOADERS[name](save(name, tmp_path))
    assert refused(name, tmp_path, 15, seed=0) > 2


def save(name: str, folder: Path) -> Path:
    kind, content, _ = whole(name)
    save_checkpoint(folder / "a.pt", kind, content)
    return folder / "a.pt"


@pytest.mark.slow
@pytest.mark.parametrize("name", LOADERS)
def test_many_mangled_checkpoints(name: str, tmp_path: Path) -> None:
    refused(name, tmp_path, 150, seed=1)


LINES = ("{", "[1]", "[" * 10_000, '"a"', "9" * 5000, "NaN", r'"\ud800"', '{"epoch": "1"}', "\0")


@pytest.mark.parametrize("name", ["status.json", "config.json", "metrics.jsonl"])
def test_a_mangled_run(name: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(gan_run(), run)
    text = (run / name).read_text()
    first = json.loads(text.splitlines()[0] if name.endswith("l") else text)
    others = [one for one in OTHERS if not isinstance(one, torch.Tensor | float)]
    made = [json.dumps(mangled(first, place, one)) for place in places(first) for one in others]
    refusals: list[str] = []
    for content in (*LINES, *random.Random(0).sample(made, 30)):
        (run / name).write_text(content + "\n")
        try:
            read_history(run).values("fid")
            with RunDirectory.resume(run) as directory:
                directory.read_config()
                directory.metrics.truncate_after(1, 1)
        except InputError as error:
            refusals.append(str(error))
    assert len(refusals) >= len(LINES)
    assert "\n" not in "".join(refusals)
