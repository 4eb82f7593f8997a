"""Options that say how something is explained: the method, its baseline, their own options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xaitool import registry
from xaitool.options import option
from xaitool.workflows.configs.common import RunOptions, rows_option
from xaitool.workflows.configs.model import ModelOptions


def methods_option(*flags: str) -> Any:
    """``--method``, with short flags where a command has them free."""
    return option(
        ("integrated-gradients",),
        "; ".join(f"{name}: {entry.summary}" for name, entry in registry.ATTRIBUTION.items())
        + "; may be repeated.",
        panel="Method",
        flags=flags,
        repeated=True,
        choices=registry.names("method"),
        what="method",
        unit="NAME",
    )


@dataclass(frozen=True, kw_only=True)
class ExplanationOptions(ModelOptions, RunOptions):
    """Those of ``explain``, and of ``evaluate`` where it explains."""

    method: tuple[str, ...] = methods_option()
    method_option: tuple[str, ...] = option(
        (),
        "An option of the method, such as steps=200, or agi.steps=20 where there are several "
        "methods; may be repeated; --list shows all.",
        panel="Method",
        repeated=True,
        unit="NAME=VALUE",
    )
    baseline: tuple[str, ...] = option(
        (),
        "; ".join(f"{name}: {entry.summary}" for name, entry in registry.BASELINES.items())
        + "; default: as the method's paper; may be repeated.",
        panel="Method",
        repeated=True,
        completions=registry.names("baseline"),
        unit="NAME|image:FILE|ganmex:RUN|cvae:RUN",
    )
    baseline_option: tuple[str, ...] = option(
        (),
        "An option of the baseline, such as sigma=5 or blur.sigma=5; may be repeated.",
        panel="Method",
        repeated=True,
        unit="NAME=VALUE",
    )
    path: str | None = option(
        None,
        "The path that cgi follows, whatever the baseline of other methods: cvae, that of "
        "--baseline cvae:RUN; recolour, the straight line from the other colour of coloured "
        "digits.",
        panel="Method",
        choices=("cvae", "recolour"),
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
        f"Images of a dataset: {', '.join(registry.names('dataset'))}:PATH.",
        panel="Data",
        unit="NAME",
    )
    batch_size: int | None = rows_option()
