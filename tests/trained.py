"""Small runs that many tests read and none changes, trained once a session."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.workflows.classifiers.train_classifier import train_classifier
from xaitool.workflows.configs.recommend_fit import RecommendFitConfig
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.configs.train_gan import TrainGanConfig
from xaitool.workflows.counterfactuals.train_baseline_gan import train_baseline_gan
from xaitool.workflows.gans.train_gan import train_gan
from xaitool.workflows.recommenders.fit import recommend_fit


@functools.cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="xaitool-tests-")
    atexit.register(_remove, folder, os.getpid())
    return Path(folder)


def _remove(folder: str, owner: int) -> None:
    """A child that a test forked runs this too, when it ends."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def classifier_run() -> Path:
    """The run of a LeNet-5 on digits."""
    out = _folder() / "classifier"
    train_classifier(TrainClassifierConfig(out=out, epochs=2, device="cpu"))
    return out


@functools.cache
def gan_run() -> Path:
    """The run of a plain GAN on zeros and ones."""
    out = _folder() / "gan"
    config = TrainGanConfig(
        out=out,
        xai="none",
        classes=("0", "1"),
        latent=8,
        epochs=1,
        fid_samples=0,
        grid=4,
        device="cpu",
    )
    train_gan(config)
    return out


@functools.cache
def three_digits_run() -> Path:
    """The run of a LeNet-5 that tells 0, 1 and 2 apart."""
    out = _folder() / "three-digits"
    config = TrainClassifierConfig(out=out, classes=("0", "1", "2"), epochs=4, device="cpu")
    train_classifier(config)
    return out


def baseline_gan_run(generator: str = "ganmex") -> Path:
    """The run of a tiny generator for `three_digits_run`; its images are no digits yet."""
    return _baseline_gan_run(generator)


@functools.cache
def _baseline_gan_run(generator: str) -> Path:
    out = _folder() / generator
    train_baseline_gan(baseline_gan_config(out, generator_kind=generator))
    return out


def baseline_gan_config(out: Path | None, **options: Any) -> TrainBaselineGanConfig:
    """Options of a training of a moment: of 429 images 99 are trained on, in 4 steps an epoch."""
    values: dict[str, Any] = {
        "classifier": str(three_digits_run()),
        "epochs": 2,
        "batch_size": 16,
        "n_critic": 2,
        "width": 4,
        "blocks": 1,
        "critic_layers": 2,
        "judged": 330,
        "grid": 4,
        "device": "cpu",
    }
    return TrainBaselineGanConfig(out=out, **{**values, **options})


def call_kind_generator(run: Path) -> None:
    """Make a run of ``train-baseline-gan`` one of before: ``generator_kind`` was ``generator``."""
    config = json.loads((run / "config.json").read_text())
    config["options"]["generator"] = config["options"].pop("generator_kind")
    (run / "config.json").write_text(json.dumps(config))
    for path in run.glob("*.pt"):
        content = load_checkpoint(path, kind="baseline-gan")
        content["config"]["generator"] = content["config"].pop("generator_kind")
        own = {name: content[name] for name in content if name not in HEADER}
        save_checkpoint(path, "baseline-gan", own)


SMALL_RATINGS = "synthetic-ratings:users=80,items=60,ratings=30,aspects=6"


@functools.cache
def recommender_run(base: str, split: str | None = None) -> Path:
    """The run of a recommender on a few synthetic ratings."""
    out = _folder() / f"recommender-{base}-{split}"
    recommend_fit(recommender_config(out, base=base, split=split))
    return out


def recommender_config(out: Path | None, **options: Any) -> RecommendFitConfig:
    """Options of a fit that takes a moment."""
    sizes = {} if options.get("base") in ("linear", "baseline") else {"factors": 8, "epochs": 6}
    values = {"dataset": SMALL_RATINGS, "device": "cpu", **sizes, **options}
    return RecommendFitConfig(out=out, **values)
