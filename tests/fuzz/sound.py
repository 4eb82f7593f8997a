"""A sound input of every kind, as small as it may be, and the commands that read it."""

from __future__ import annotations

import contextlib
import functools
import math
import shutil
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from tests.trained import gan_run, recommender_run, three_digits_run
from tests.workflows.tiny_runs import Recorder, classifier_config
from xaitool.errors import StoppedBySignal
from xaitool.workflows.classifiers.train_classifier import train_classifier
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.explain import explain

SIDE = 28


class Kind(NamedTuple):
    """A kind of input.

    Attributes:
        make: Writes a sound one into a folder.
        file: The file in it that is damaged.
        command: Reads it, in that folder.
        plain: Whether it is text, or holds plain values, that can be damaged as such.
    """

    make: Callable[[Path], None]
    file: str
    command: tuple[str, ...]
    plain: bool = False


def _toml(folder: Path) -> None:
    (folder / "run.toml").write_text(
        'seed = 3\nout = "new"\ndataset = "digits"\nlearning-rate = 1e-3\nepochs = 2\n'
        'classes = ["0", "1"]\naugment = ["rotate"]\nloss = "pc"\nloss-option = ["xi=0.9"]\n'
        "[train-classifier]\nseed = 3\n"
    )


def _config(folder: Path) -> None:
    shutil.copy(_unfinished_run() / "config.json", folder / "run.json")


def _classifier(folder: Path) -> None:
    shutil.copy(three_digits_run() / "best.pt", folder / "classifier.pt")


def _gan(folder: Path) -> None:
    shutil.copy(gan_run() / "best.pt", folder / "gan.pt")


def _recommender(folder: Path) -> None:
    shutil.copy(recommender_run("svd") / "best.pt", folder / "recommender.pt")


@functools.cache
def _unfinished_run() -> Path:
    """One of two epochs done, and a step of the second."""
    run = three_digits_run().with_name("unfinished")
    stopped = Recorder(signal.SIGUSR1, at_step=8)
    with contextlib.suppress(StoppedBySignal):
        train_classifier(classifier_config(run, epochs=2), stopped)
    return run


def _run(folder: Path) -> None:
    shutil.copytree(_unfinished_run(), folder / "run")


@functools.cache
def _attributions() -> Path:
    out = three_digits_run().with_name("fuzzed.h5")
    explain(
        ExplainConfig(
            model=str(three_digits_run()),
            dataset="digits",
            method=("saliency",),
            out=out,
            limit=3,
            heat_maps=0,
            device="cpu",
        )
    )
    return out


def _hdf5(folder: Path) -> None:
    shutil.copy(_attributions(), folder / "maps.h5")


def _picture(mode: str) -> Image.Image:
    ramp = np.linspace(0, 255, SIDE * SIDE).reshape(SIDE, SIDE).astype(np.uint8)
    if mode == "I;16":
        return Image.fromarray(ramp.astype(np.uint16) * 257)
    return Image.fromarray(ramp).convert(mode)


def _zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        for split in ("train", "test"):
            for name in ("0", "1", "2"):
                for index in range(2):
                    picture = Image.new("L", (SIDE, SIDE), 40 * int(name) + index)
                    with archive.open(f"images/{split}/{name}/{index}.png", "w") as file:
                        picture.save(file, "png")


def _ratings(folder: Path) -> None:
    lines = [f"{u},{i},{1 + (u * i) % 5},{10**9 + u}" for u in range(12) for i in range(u % 3, 9)]
    (folder / "ratings.csv").write_text("user,item,rating,timestamp\n" + "\n".join(lines) + "\n")
    aspects = [f"{i},Drama|{'War' if i % 2 else 'Comedy'}" for i in range(9)]
    (folder / "aspects.csv").write_text("item,aspects\n" + "\n".join(aspects) + "\n")


def _idx(folder: Path) -> None:
    raw = folder / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for split in ("train", "t10k"):
        for name, sizes in (("labels-idx1", (40,)), ("images-idx3", (40, SIDE, SIDE))):
            header = bytes([0, 0, 8, len(sizes)])
            header += b"".join(size.to_bytes(4, "big") for size in sizes)
            content = bytes(index % 10 for index in range(math.prod(sizes)))
            (raw / f"{split}-{name}-ubyte").write_bytes(header + content)


_CPU = ("--device", "cpu")
_TRAIN = ("train-classifier", "--dry-run", *_CPU)
_RESUME = ("train-classifier", "--resume", "run", *_CPU)
_FIT = ("recommend", "fit", "--dataset", "csv:ratings.csv", "--dry-run", *_CPU)
_MNIST = (*_TRAIN, "--dataset", "mnist", "--data-dir", "data")


def _explain(name: str) -> tuple[str, ...]:
    quick = ("--method", "saliency", "--heat-maps", "0", "--out", "o.h5", *_CPU)
    return ("explain", name, "--model", "classifier.pt", *quick)


def _pictured(name: str, mode: str, **options: str) -> Kind:
    def make(folder: Path) -> None:
        _classifier(folder)
        _picture(mode).save(folder / name, **options)

    return Kind(make, name, _explain(name))


KINDS = {
    "config toml": Kind(_toml, "run.toml", (*_TRAIN, "--config", "run.toml"), plain=True),
    "config json": Kind(_config, "run.json", (*_TRAIN, "--config", "run.json"), plain=True),
    "checkpoint classifier": Kind(
        _classifier,
        "classifier.pt",
        ("evaluate", "classifier.pt", "-m", "accuracy", "--limit", "8", *_CPU),
        plain=True,
    ),
    "checkpoint gan": Kind(_gan, "gan.pt", ("evaluate", "gan.pt", "--dry-run", *_CPU), plain=True),
    "checkpoint recommender": Kind(
        _recommender,
        "recommender.pt",
        ("recommend", "top", "--model", "recommender.pt", "--user", "u1", *_CPU),
        plain=True,
    ),
    **{
        f"run {name}": Kind(_run, f"run/{name}", _RESUME, plain=True)
        for name in ("config.json", "status.json", "metrics.jsonl", "last.pt")
    },
    "hdf5": Kind(_hdf5, "maps.h5", ("evaluate", "maps.h5", "-m", "gini", *_CPU)),
    "image png": _pictured("image.png", "L"),
    "image jpg": _pictured("image.jpg", "RGB"),
    "image gif": _pictured("image.gif", "P"),
    "image bmp": _pictured("image.bmp", "RGB"),
    "image tif": _pictured("image.tif", "RGB", compression="tiff_lzw"),
    "image webp": _pictured("image.webp", "RGBA"),
    "image 16 bit": _pictured("image.png", "I;16"),
    "zip": Kind(_zip, "images.zip", (*_TRAIN, "--dataset", "folder:images.zip")),
    "csv ratings": Kind(_ratings, "ratings.csv", _FIT, plain=True),
    "csv aspects": Kind(_ratings, "aspects.csv", _FIT, plain=True),
    "idx images": Kind(_idx, "data/MNIST/raw/train-images-idx3-ubyte", _MNIST),
    "idx labels": Kind(_idx, "data/MNIST/raw/train-labels-idx1-ubyte", _MNIST),
}
"""Every kind of input, by name."""
