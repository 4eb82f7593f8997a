"""What is to be explained how: every pair of method and baseline that the options name."""

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
        InputError: As `method_setups`, or a file cannot go where it should.
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
    return plan


def method_setups(options: ExplanationOptions, score: str | None = None) -> list[MethodSetup]:
    """The explanations that options ask for, in their order.

    Several methods and baselines make every pair of them; a method that takes no baseline is there
    once.

    Args:
        options: Methods, baselines, and the options of both. Their ``path`` is what a method that
            follows one is given, whatever the others' baselines are; None: as the others.
        score: Scale of the score; None: as each method's paper.

    Raises:
        InputError: A name or an option is unknown, no method takes the baseline, or a method has
            no path to follow.
    """
    methods: dict[str, type[AttributionMethod]] = {
        name: registry.load("method", name) for name in options.method
    }
    pairs = [
        (name, baseline)
        for name, method in methods.items()
        for baseline in _baselines(options, name, method)
    ]
    path = options.path
    if path is not None and not any(method.follows_path for method in methods.values()):
        raise ConfigError(
            f"--path is {path}, but method {' and '.join(map(repr, methods))} follows none",
            hint="--method cgi",
        )
    method_options = assigned(
        options.method_option, {name: method.Options for name, method in methods.items()}, "method"
    )
    baselines = [baseline for _, baseline in pairs if baseline is not None]
    if options.baseline and not baselines:
        raise ConfigError(
            f"method {' and '.join(map(repr, methods))} takes no baseline, but --baseline is set"
        )
    for unused in set(options.baseline) - set(baselines):
        raise ConfigError(
            f"baseline '{unused}' stands beside --path {path}, but no method is left that uses it",
            hint=f"leave --path or --baseline {unused} out",
        )
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
            f"{name}, {baseline}" if baseline and options.baseline else name,
        )
        for name, baseline in pairs
    ]


def _baselines(
    options: ExplanationOptions, name: str, method: type[AttributionMethod]
) -> list[str | None]:
    if not method.needs_baseline:
        return [None]
    given = [*dict.fromkeys(options.baseline)]
    if method.follows_path:
        return [*_paths(given, name, options.path)]
    if options.path is not None:
        given = [one for one in given if not baseline_class(one).is_path]
    return [*given] or [method.default_baseline]


def _paths(given: list[str], name: str, path: str | None) -> list[str]:
    """The baselines of a method that follows a path."""
    if path == "recolour":
        return ["recolour"]
    if path is not None:
        given = [one for one in given if one.partition(":")[0] == path]
    if not given:
        raise ConfigError(
            f"method '{name}' has no path to follow, but that of a trained CVAE, or the "
            "recolouring of coloured digits, is wanted",
            hint="--baseline cvae:CHECKPOINT, or --path recolour",
        )
    return given


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
    if baseline is None or not config.baseline:
        return name
    base, _, file = baseline.partition(":")
    # A run's folder may have a dot in its name, as in lambda-0.5.
    last = Path(file).name if Path(file).is_dir() else Path(file).stem
    parts = [name, base, re.sub(r"[^\w.-]+", "-", last)]
    return "-".join(part for part in parts if part)
