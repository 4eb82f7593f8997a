"""Options that say how something is explained: the method, its baseline, their own options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from xaitool import registry
from xaitool.errors import ConfigError
from xaitool.options import option, option_fields
from xaitool.options.reader import Reader
from xaitool.workflows.configs.common import (
    RunOptions,
    on_error_option,
    rows_option,
    workers_option,
)
from xaitool.workflows.configs.model import ModelOptions


def named_pair(text: str) -> tuple[str, str | None]:
    """The method and the baseline of ``METHOD@BASELINE`` or ``METHOD``."""
    method, _, baseline = text.partition("@")
    return method, baseline or None


def methods(run: ExplanationOptions) -> list[Any]:
    """The classes of the methods."""
    names = [named_pair(text)[0] for text in run.pair] or run.method
    return [registry.load("method", name) for name in names]


def given_baselines(run: ExplanationOptions) -> list[Any]:
    """The classes of the baselines that are named."""
    of_pairs = [baseline for text in run.pair if (baseline := named_pair(text)[1]) is not None]
    names = of_pairs if run.pair else run.baseline
    return [registry.load("baseline", name.partition(":")[0]) for name in names]


def compared_baselines(run: ExplanationOptions) -> list[Any]:
    """The classes of the baselines that methods are given, but for paths of ``--path``."""
    given = given_baselines(run)
    if run.path is not None:
        given = [kind for kind in given if not kind.is_path]
    wanting = [one for one in methods(run) if one.needs_baseline]
    own = [registry.load("baseline", one.default_baseline) for one in wanting]
    return (given or own) if wanting else []


def draws(run: ExplanationOptions, baselines: list[Any]) -> bool:
    """Whether one of these draws several images, as many as ``--references`` says."""
    told = {one.partition("=")[0].rpartition(".")[2] for one in run.baseline_option}
    return any(
        "references" in kind.needs
        or ("references" in {field.name for field in option_fields(kind.Options)} - told)
        for kind in baselines
    )


@dataclass(frozen=True, kw_only=True)
class ExplanationOptions(ModelOptions, RunOptions):
    """Those of ``explain``, and of ``evaluate`` where it explains."""

    method: tuple[str, ...] = option(
        ("integrated-gradients",),
        "What attributes the score; may be repeated.",
        panel="Method",
        repeated=True,
        choices=registry.names("method"),
        what="method",
        unit="NAME",
    )
    method_option: tuple[str, ...] = option(
        (),
        "An option of the method, see --list, such as steps=200, or agi.steps=20 where there are "
        "several methods; may be repeated.",
        panel="Method",
        repeated=True,
        unit="NAME=VALUE",
    )
    baseline: tuple[str, ...] = option(
        (),
        "What an image is compared with; default: as the method's paper; may be repeated.",
        panel="Method",
        repeated=True,
        completions=registry.names("baseline"),
        unit="NAME[:FILE]",
    )
    baseline_option: tuple[str, ...] = option(
        (),
        "An option of the baseline, see --list, such as sigma=5 or blur.sigma=5; may be repeated.",
        panel="Method",
        repeated=True,
        unit="NAME=VALUE",
    )
    pair: tuple[str, ...] = option(
        (),
        "A method with a baseline of its own, such as deeplift@blur, or a method alone that takes "
        "none, in place of --method and --baseline; may be repeated.",
        panel="Method",
        repeated=True,
        unit="METHOD@BASELINE",
    )
    path: str | None = option(
        None,
        "The path that cgi follows, whatever the baseline of other methods.",
        panel="Method",
        choices={
            "cvae": "that of --baseline cvae:RUN",
            "recolour": "the straight line from the other colour of coloured digits",
        },
        what="path",
        unit="cvae|recolour",
    )
    references: int = option(
        20,
        "Images for each explained one, where the baseline draws several.",
        panel="Method",
        minimum=1,
        unit="IMAGES",
    )
    dataset: str | None = option(
        None,
        "Images of a dataset, or of folder:PATH.",
        panel="Data",
        completions=registry.names("dataset"),
        unit="NAME",
    )
    on_error: str = on_error_option()
    workers: int = workers_option()
    batch_size: int | None = rows_option()

    readers: ClassVar[tuple[Reader, ...]] = (
        Reader(
            "--method cgi", lambda run: any(one.follows_path for one in methods(run)), ("path",)
        ),
        Reader(
            "a method that compares, such as --method integrated-gradients,",
            lambda run: any(one.needs_baseline for one in methods(run)),
            ("baseline", "baseline_option"),
        ),
        Reader(
            "a method that compares, with --baseline dataset, uniform, gaussian or target-class,",
            lambda run: draws(run, compared_baselines(run)),
            ("references",),
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.pair:
            return
        for field in option_fields(type(self)):
            given = getattr(self, field.name) != field.default
            if given and field.name in ("method", "baseline", "path"):
                raise ConfigError(
                    f"{field.flag} stands beside --pair, but pairs name all methods and baselines",
                    hint=f"leave {field.flag} out, or name another pair: --pair METHOD@BASELINE",
                )
        for text in self.pair:
            method, baseline = named_pair(text)
            registry.entry("method", method)
            if baseline is not None:
                registry.entry("baseline", baseline.partition(":")[0])
