"""Options of ``explain``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xaitool import registry
from xaitool.options import option
from xaitool.workflows.configs.common import RunOptions, rows_option


@dataclass(frozen=True, kw_only=True)
class ExplainConfig(RunOptions):
    """Attribute a classifier's score to the pixels of images."""

    images: tuple[Path, ...] = option(
        (),
        "Image files; - reads paths from standard input, one a line.",
        argument=True,
        repeated=True,
        unit="IMAGES",
    )
    method: str = option(
        "integrated-gradients",
        "; ".join(f"{name}: {entry.summary}" for name, entry in registry.ATTRIBUTION.items()) + ".",
        panel="Method",
        flags=("-m",),
        choices=registry.names("method"),
        what="method",
        unit="NAME",
    )
    method_option: tuple[str, ...] = option(
        (),
        "An option of the method, such as steps=200; may be repeated.",
        panel="Method",
        repeated=True,
        unit="NAME=VALUE",
    )
    target: str = option(
        "predicted",
        "The class to explain: index, name, 'predicted' or 'label'.",
        panel="Method",
        unit="CLASS",
    )
    against: str | None = option(
        None,
        "One-vs-one: explain the target's score minus this class's; index, name or 'second'.",
        panel="Method",
        unit="CLASS",
    )
    score: str | None = option(
        None,
        "Which score is explained: logit, probability or log-probability; "
        "default: as the method's paper.",
        panel="Method",
        choices=("logit", "probability", "log-probability"),
        what="score",
        unit="SCORE",
    )
    baseline: str | None = option(
        None,
        "; ".join(f"{name}: {entry.summary}" for name, entry in registry.BASELINES.items())
        + "; default: as the method's paper.",
        panel="Method",
        completions=registry.names("baseline"),
        unit="NAME|image:FILE",
    )
    baseline_option: tuple[str, ...] = option(
        (),
        "An option of the baseline, such as sigma=5; may be repeated.",
        panel="Method",
        repeated=True,
        unit="NAME=VALUE",
    )
    references: int = option(
        20,
        "Images for each explained one, where the baseline draws several.",
        panel="Method",
        minimum=1,
        unit="IMAGES",
    )
    model: str = option(
        "torchvision:resnet50",
        "A xaitool checkpoint or run, torchvision:NAME, or package.module:factory.",
        panel="Model",
        unit="MODEL",
    )
    weights: Path | None = option(
        None,
        "Weights of a torchvision or factory model; default: torchvision's own.",
        panel="Model",
        unit="FILE",
    )
    dataset: str | None = option(
        None,
        f"Explain images of a dataset: {', '.join(registry.names('dataset'))}:PATH.",
        panel="Data",
        unit="NAME",
    )
    split: str = option(
        "test",
        "Split of --dataset.",
        panel="Data",
        choices=("train", "test"),
        what="split",
        unit="SPLIT",
    )
    limit: int | None = option(
        None, "Explain only the first N images.", panel="Data", minimum=1, unit="N"
    )
    on_error: str = option(
        "stop",
        "What an unreadable image does: stop, or skip it and list it.",
        panel="Data",
        choices=("stop", "skip"),
        what="choice",
        unit="stop|skip",
    )
    resume: bool = option(
        False, "Continue the unfinished file at --out.", panel="Output", role="place"
    )
    heat_maps: int = option(
        100, "Images that also get a heat-map PNG, at most.", panel="Output", minimum=0, unit="N"
    )
    batch_size: int | None = rows_option()
