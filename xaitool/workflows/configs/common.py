"""Options that mean the same in every command that has them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from xaitool import registry
from xaitool.errors import ConfigError
from xaitool.options import Options, option


def read_options_file(path: Path) -> Any:
    """The plain value in a TOML file or, by its name, a JSON file.

    Raises:
        ConfigError: It cannot be read, or holds something else.
    """
    # What checks values is wanted only here, and takes a tenth of the time of `--help` to load.
    from xaitool.io.plain import read_plain

    return read_plain(path, error=ConfigError)


def rows_option() -> Any:
    """``--batch-size`` of the commands that do not train."""
    return option(
        None,
        "Rows in one forward pass, at most; default: from the image size and the device.",
        panel="Run",
        minimum=1,
        role="run",
        unit="ROWS",
    )


def out_option(help: str) -> Any:
    """``--out`` of the commands that write."""
    return option(None, help, panel="Output", flags=("-o",), role="place", unit="PATH")


def workers_option() -> Any:
    """``--workers`` of the commands that read images."""
    return option(
        2, "Threads that read image files.", panel="Run", minimum=1, role="run", unit="THREADS"
    )


def on_error_option(**facts: Any) -> Any:
    """``--on-error`` of the commands that read images."""
    return option(
        "stop",
        "What an image does that cannot be used: stop, or skip it and list it.",
        panel="Data",
        choices=("stop", "skip"),
        what="choice",
        unit="stop|skip",
        **facts,
    )


def figure_format_option() -> Any:
    """``--figure-format`` of the commands that draw figures with axes."""
    return option(
        "png",
        "The format of figures with axes: png (200 dpi), pdf or svg; pictures made of images are "
        "PNG.",
        panel="Output",
        choices=("png", "pdf", "svg"),
        what="figure format",
        role="run",
        unit="png|pdf|svg",
    )


def log_option() -> Any:
    """``--log`` of the commands that train."""
    return option(
        (),
        "Log figures and pictures there, too; may be repeated: "
        + "; ".join(f"{name}: {entry.summary}" for name, entry in registry.LOGS.items())
        + ".",
        panel="Output",
        repeated=True,
        choices=registry.names("log"),
        what="log",
        role="run",
        unit="NAME",
    )


@dataclass(frozen=True, kw_only=True)
class DeviceOptions(Options):
    """Where a command computes."""

    device: str = option(
        "auto",
        "auto, cpu, cuda, cuda:N or mps; auto takes the first of cuda, mps, cpu.",
        panel="Run",
        envvar="XAITOOL_DEVICE",
        role="run",
        completions=("auto", "cpu", "cuda", "mps"),
        unit="DEVICE",
    )


@dataclass(frozen=True, kw_only=True)
class RunOptions(DeviceOptions):
    """Where a command runs, from which seed, and where its output goes."""

    out: Path | None = out_option("The folder of the output.")
    overwrite: bool = option(
        False, "Replace what an earlier run wrote at --out.", panel="Output", role="place"
    )
    dry_run: bool = option(
        False,
        "Check everything, show the plan, write nothing.",
        panel="Run",
        flags=("-n",),
        role="place",
    )
    seed: int = option(0, "Seed of every random draw.", panel="Run", minimum=0, unit="INTEGER")
    precision: str = option(
        "float32",
        "Floating-point type of the computation.",
        panel="Run",
        choices=("float32", "float64"),
        what="precision",
        unit="TYPE",
    )
    data_dir: Path | None = option(
        None,
        "Where named datasets lie or are downloaded to; default: the user's cache.",
        panel="Data",
        envvar="XAITOOL_DATA",
        role="run",
        unit="FOLDER",
    )


@dataclass(frozen=True, kw_only=True)
class TrainingRunOptions(RunOptions):
    """What every kind of training has, whatever names its dataset."""

    main: ClassVar[tuple[str, ...]] = ("epochs", "dataset", "out", "preset")

    label: str | None = option(
        None,
        "The attribute of the dataset that is the class label; default: the dataset's own classes.",
        panel="Data",
        unit="ATTRIBUTE",
    )
    sensitive: tuple[str, ...] | None = option(
        None,
        "The sensitive attributes, separated by commas; default: the dataset's own.",
        panel="Data",
        unit="ATTRIBUTE,...",
    )
    classes: tuple[str, ...] | None = option(
        None,
        "Only these classes, by name or index, separated by commas.",
        panel="Data",
        unit="CLASS,...",
    )
    image_size: int | None = option(
        None,
        "Resize images to this side; default: the dataset's own.",
        panel="Data",
        minimum=4,
        unit="PIXELS",
    )
    on_error: str = on_error_option(role="run")
    workers: int = workers_option()
    figure_format: str = figure_format_option()
    log: tuple[str, ...] = log_option()
    resume: str | None = option(
        None,
        "Continue in this run directory; 'auto': continue in --out if it holds a checkpoint.",
        panel="Output",
        role="place",
        unit="RUN|auto",
    )


@dataclass(frozen=True, kw_only=True)
class TrainingOptions(TrainingRunOptions):
    """What every kind of training has that knows no data of its own."""

    dataset: str = option(
        "digits",
        "A dataset, or folder:PATH, an image folder or a .zip of one.",
        panel="Data",
        completions=registry.names("dataset"),
        unit="NAME",
    )
