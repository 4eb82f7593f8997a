"""What is to be explained how, and into which files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from torch import nn

from xaitool import registry
from xaitool.core.attribution.base import AttributionMethod
from xaitool.core.score import Output
from xaitool.errors import ConfigError
from xaitool.io.attribution_layout import partial_path
from xaitool.io.attribution_writer import check_new
from xaitool.io.folders import check_folder, check_name, check_out_folder, check_writable
from xaitool.options.assignments import assigned
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.configs.explanation import ExplanationOptions
from xaitool.workflows.explanations.baseline_choice import (
    baseline_class,
    baselines_with_options,
    check_fit,
)
from xaitool.workflows.explanations.pairs import method_pairs, names_baselines


@dataclass(frozen=True)
class MethodSetup:
    """A method with its baseline and the options of both.

    Attributes:
        name: The method's.
        method: Its class.
        method_options: As plain values.
        baseline: ``NAME``, ``image:FILE``, ``ganmex:CHECKPOINT`` or ``cvae:CHECKPOINT``; None for a
            method that takes none.
        baseline_options: As plain values.
        output: Scale of the score.
        title: What people call it: the method, and the baseline where one was asked for.
    """

    name: str
    method: type[AttributionMethod]
    method_options: dict[str, Any]
    baseline: str | None
    baseline_options: dict[str, Any]
    output: Output
    title: str

    def bound(self, model: nn.Module, seed: int) -> AttributionMethod:
        """The method with its options, ready to explain a model.

        Args:
            model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``.
            seed: Of methods that draw.
        """
        return self.method(model, seed=seed, **self.method_options)


@dataclass(frozen=True)
class PlannedFile(MethodSetup):
    """One attribution file that is to be made.

    Attributes:
        out: The file.
    """

    out: Path

    @property
    def heat_maps(self) -> Path:
        """The folder of its heat maps, beside it."""
        return self.out.with_name(f"{self.out.stem}-heat-maps")


def planned_files(config: ExplainConfig) -> list[PlannedFile]:
    """The attribution files that the options ask for, in their order.

    Raises:
        InputError: As `method_setups`, or a file cannot go where it should, or an unfinished one
            in the folder that is continued is none of them.
    """
    setups = method_setups(config, config.score)
    places = _places(config, [(file.name, file.baseline) for file in setups])
    plan = [
        PlannedFile(**vars(file), out=place) for file, place in zip(setups, places, strict=True)
    ]
    for file in plan:
        check_new(file.out, overwrite=config.overwrite, resume=config.resume)
        check_folder(file.heat_maps)
        check_writable(file.out.parent)
    if config.resume and (len(plan) > 1 or config.pair):
        _check_unfinished({file.out for file in plan})
    return plan


def method_setups(options: ExplanationOptions, score: str | None = None) -> list[MethodSetup]:
    """The explanations that options ask for, in their order.

    Args:
        options: Methods, baselines, and the options of both; see `method_pairs`.
        score: Scale of the score; None: as each method's paper.

    Raises:
        InputError: As `method_pairs`, or an option is unknown.
    """
    pairs = method_pairs(options)
    methods: dict[str, type[AttributionMethod]] = {
        name: registry.load("method", name) for name, _ in pairs
    }
    method_options = assigned(
        options.method_option, {name: method.Options for name, method in methods.items()}, "method"
    )
    baselines = [baseline for _, baseline in pairs if baseline is not None]
    baseline_options = baselines_with_options(options, baselines)
    for name, baseline in pairs:
        if baseline is not None:
            kind = baseline_class(baseline)
            check_fit(methods[name], name, kind, baseline, baseline_options[baseline])
    return [
        MethodSetup(
            name,
            methods[name],
            method_options[name].to_dict(),
            baseline,
            {} if baseline is None else baseline_options[baseline],
            score or methods[name].default_output,  # type: ignore[arg-type]
            f"{name}, {baseline}" if baseline and names_baselines(options) else name,
        )
        for name, baseline in pairs
    ]


def _check_unfinished(places: set[Path]) -> None:
    """Refuse to continue a run of several files that chose others."""
    unfinished = {
        found.with_suffix("")
        for folder in {place.parent for place in places}
        for found in folder.glob("*.h5.partial")
    }
    for place in sorted(unfinished - places):
        raise ConfigError(
            f"{partial_path(place)} is unfinished, but no pair of method and baseline of this run "
            "makes it",
            hint="give the pairs of the run that was interrupted, or another --out",
        )


def _places(config: ExplainConfig, pairs: list[tuple[str, str | None]]) -> list[Path]:
    """Where the files go: into the folder ``--out``; a single one also where ``NAME.h5`` says.

    Raises:
        ConfigError: One cannot go there.
    """
    several = len(pairs) > 1
    out = config.out or Path("attributions" if several else f"{pairs[0][0]}.h5")
    check_name(out)
    if out.is_dir() or out.suffix not in (".h5", ".hdf5", ".hdf"):
        check_out_folder(out)
        return _places_in(out, config, pairs)
    if several:
        raise ConfigError(
            f"--out is {out}, but a folder is wanted for {len(pairs)} attribution files",
            hint=f"--out {quote(str(out.with_suffix('')))}",
        )
    if out.suffix != ".h5":
        raise ConfigError(f"--out is {out}, but a folder, or a name in .h5, is wanted")
    return [out]


def _places_in(
    folder: Path, config: ExplainConfig, pairs: list[tuple[str, str | None]]
) -> list[Path]:
    places = [folder / f"{_stem(name, baseline, config)}.h5" for name, baseline in pairs]
    if len(set(places)) < len(places):
        raise ConfigError("two baselines have files of one name, but different names are wanted")
    return places


def _stem(name: str, baseline: str | None, config: ExplainConfig) -> str:
    if baseline is None or not names_baselines(config):
        return name
    base, _, file = baseline.partition(":")
    # A run's folder may have a dot in its name, as in lambda-0.5.
    last = Path(file).name if Path(file).is_dir() else Path(file).stem
    parts = [name, base, re.sub(r"[^\w.-]+", "-", last)]
    return "-".join(part for part in parts if part)
