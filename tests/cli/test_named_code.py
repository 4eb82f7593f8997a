"""Code runs only where this command line's own flags name it, whatever files say."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.cli.commands import COMMANDS
from tests.cli.conftest import Invoke, Refused
from tests.trained import baseline_gan_run, classifier_run, gan_run, recommender_run
from tests.workflows.pictures import save_picture
from tests.workflows.tiny_runs import GAN, LINE
from xaitool import registry
from xaitool.cli.options import add_command
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.options import OptionField, Options, can_name_code, option, option_fields

CODE = [
    (command, field)
    for command, config in COMMANDS.items()
    for field in option_fields(config)
    if field.facts.names_code
]
TEXT = [
    (command, field)
    for command, config in COMMANDS.items()
    for field in option_fields(config)
    if field.type in (str, Path) and not field.facts.choices and not field.facts.names_code
]
BOTH = "planted:make.pt2"  # to an importer the one kind of code, to the loader of models the other
PLANTED = """
from pathlib import Path
from torch import nn

Path("PWNED").touch()

def make(*arguments): return nn.Sequential(nn.Flatten(), nn.Linear(784, 1))
def generator(): return nn.Sequential(nn.Linear(8, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))
"""


@pytest.fixture(autouse=True)
def pwned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a planted module, and a planted program, leave behind when they are loaded."""
    (tmp_path / "planted.py").write_text(PLANTED)
    (tmp_path / "planted.pt2").touch()
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "planted", raising=False)
    load = "xaitool.workflows.models.source.load_program"
    monkeypatch.setattr(load, lambda *arguments: (tmp_path / "PWNED").touch())
    return tmp_path / "PWNED"


def written(source: str, command: str, values: dict[str, Any], folder: Path) -> list[str]:
    """Write options to a file of that kind; how the command line names it."""
    if source == "toml":
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in values.items())
        (folder / "a.toml").write_text("".join(lines))
        return ["--config", "a.toml"]
    (folder / "run").mkdir(exist_ok=True)
    (folder / "run" / "last.pt").touch()
    content = {"command": command, "schema": 1, "options": values}
    (folder / "run" / "config.json").write_text(json.dumps(content))
    return ["--resume", "run"] if source == "resume" else ["--config", "run/config.json"]


def sources(command: str) -> list[str]:
    fields = option_fields(COMMANDS[command])
    resumes = any(field.name == "resume" and field.type is str for field in fields)
    return ["toml", "json", *["resume"] * resumes]


def identifier(value: object) -> str | None:
    return value.name if isinstance(value, OptionField) else None


@pytest.mark.parametrize(
    ("command", "field", "source"),
    [(command, field, source) for command, field in CODE for source in sources(command)],
    ids=identifier,
)
def test_a_file_names_no_code(
    command: str, field: OptionField, source: str, invoke: Invoke, refused: Refused, pwned: Path
) -> None:
    values = {field.name: [BOTH] if field.many else BOTH}
    result = invoke(command, *written(source, command, values, pwned.parent), "--dry-run")
    typed = BOTH if field.facts.argument else f"{field.flag} {BOTH}"
    refused(result, "names code, but code is loaded only where a flag", typed)
    assert not pwned.exists()
    assert "planted" not in sys.modules


def test_the_declared_options() -> None:
    """Those whose values reach an import; a new one belongs here, and is tested above."""
    assert {(command, field.name) for command, field in CODE} == {
        *(("train-gan", name) for name in ("xai", "generator", "discriminator", "features")),
        ("train-classifier", "architecture"),
        *(("train-baseline-gan", name) for name in ("classifier", "architecture")),
        *(("explain", name) for name in ("model", "architecture")),
        *(("evaluate", name) for name in ("artifacts", "features", "judge", "transfer_from")),
        *(("evaluate", name) for name in ("model", "generator", "architecture")),
    }


def test_no_default_and_no_preset_names_code() -> None:
    for command, field in CODE:
        presets = COMMANDS[command].presets.values()
        for value in (field.default, *(preset.get(field.name) for preset in presets)):
            assert not can_name_code(str(value))


def working(command: str) -> dict[str, Any]:
    """Options with which a command comes far."""
    if command == "train-gan":
        return {**GAN, "classes": list(GAN["classes"])}
    if command == "explain":
        return {"model": str(classifier_run()), "dataset": "digits", "limit": 1}
    if command == "evaluate":
        # All of them, so that most options are read.
        metrics = list(registry.METRICS_OF["classifier"])
        return {"artifacts": [str(classifier_run())], "metric": metrics}
    if command == "train-baseline-gan":
        return {"classifier": str(classifier_run())}
    queries = ("recommend top", "recommend explain", "recommend preferences")
    return {"model": str(recommender_run("svd"))} if command in queries else {}


def try_options(command: str, values: dict[str, Any], invoke: Invoke, pwned: Path) -> None:
    """Give them in a file, and prove that nothing was imported."""
    where = written("toml", command, {**working(command), **values}, pwned.parent)
    fields = option_fields(COMMANDS[command])
    dry_run = ["--dry-run"] * any(field.name == "dry_run" for field in fields)
    assert invoke(*command.split(), *where, *dry_run).returncode in (0, 1, 2)
    assert not pwned.exists()
    assert "planted" not in sys.modules


@pytest.mark.parametrize(("command", "field"), TEXT, ids=identifier)
def test_no_other_option_reaches_an_import(
    command: str, field: OptionField, invoke: Invoke, pwned: Path
) -> None:
    try_options(command, {field.name: [BOTH] if field.many else BOTH}, invoke, pwned)


# Of each kind that has options of its own: the command, and what chooses one and sets its options.
OF_KINDS = {
    "method": ("explain", "method", "method_option"),
    "baseline": ("explain", "baseline", "baseline_option"),
    "guidance": ("train-gan", "xai", "xai_option"),
    "objective": ("train-gan", "objective", "objective_option"),
    "loss": ("train-classifier", "loss", "loss_option"),
    "attack": ("evaluate", "attack", "attack_option"),
    "base": ("recommend fit", "base", "base_option"),
}


@pytest.mark.parametrize(
    ("kind", "name", "option_name"),
    [
        (kind, name, field.name)
        for kind in registry.KINDS
        for name in registry.names(kind)
        for field in option_fields(getattr(registry.load(kind, name), "Options", Options))
        if field.type in (str, Path) and not field.facts.choices
    ],
)
def test_no_option_of_a_method_reaches_an_import(
    kind: str, name: str, option_name: str, invoke: Invoke, pwned: Path
) -> None:
    command, choice, assignments = OF_KINDS[kind]
    values = {choice: name, assignments: [f"{option_name}={BOTH}"]}
    if command == "explain":
        values[choice] = [name]
    try_options(command, values, invoke, pwned)


def test_what_a_stranger_sends(invoke: Invoke, refused: Refused, pwned: Path) -> None:
    payload = "os:system('touch PWNED')"
    typed = shlex.quote(payload)
    line = written("resume", "train-gan", {"generator": payload, "xai": "os:abort"}, pwned.parent)
    result = invoke("train-gan", *line, "--dry-run")
    refused(result, "--xai of run/config.json names code", f"--xai os:abort --generator {typed}")
    line = written("toml", "explain", {"model": payload}, pwned.parent)
    refused(invoke("explain", *line), "--model of a.toml names code", f"--model {typed}")
    line = written("toml", "evaluate", {"artifacts": ["a.h5", payload]}, pwned.parent)
    refused(invoke("evaluate", *line), "ARTIFACTS of a.toml names code", f"type a.h5 {typed}")
    assert not pwned.exists()


def test_a_flag_wins_over_a_file(invoke: Invoke, refused: Refused, pwned: Path) -> None:
    line = written("toml", "train-gan", {"generator": "planted:make"}, pwned.parent)
    plan = invoke("train-gan", *LINE, *line, "-n", "--generator", "planted:generator")
    assert json.loads(plan.stdout)["generator_source"] == "planted:generator"
    assert pwned.exists()


@pytest.mark.parametrize("source", ["toml", "json"])
def test_names_that_are_no_code_may_come_from_a_file(
    source: str, invoke: Invoke, tmp_path: Path
) -> None:
    folder = tmp_path / "a:b" / "run"
    shutil.copytree(classifier_run(), folder)
    for model in (str(classifier_run()), "./a:b/run"):
        values = {"model": model, "dataset": "digits", "limit": 1, "method": ["saliency"]}
        result = invoke("explain", *written(source, "explain", values, tmp_path), "--dry-run")
        assert result.returncode == 0, result.stderr
    values = {**working("train-gan"), "xai": "saliency", "features": "inception"}
    line = written(source, "train-gan", values, tmp_path)
    assert invoke("train-gan", *line, "--dry-run").returncode == 0
    line = written(source, "explain", {"model": "torchvision:nosuch"}, tmp_path)
    save_picture(tmp_path / "a.png")
    assert "unknown torchvision model 'nosuch'" in invoke("explain", *line, "a.png").stderr


def test_the_environment_names_no_code(
    invoke: Invoke, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Config(Options):
        model: str = option("none", "Model.", names_code=True, envvar="XAITOOL_MODEL")

    def build() -> typer.Typer:
        app = typer.Typer()
        app.callback()(lambda: None)
        add_command(app, "load", Config, lambda config, output: output.line(config.model), "Load.")
        return app

    monkeypatch.setattr("xaitool.cli.program.build_app", build)
    result = invoke("load", XAITOOL_MODEL="planted:make")
    refused(result, "--model of the environment names code", "--model planted:make")
    assert invoke("load", "--model", "planted:make", XAITOOL_MODEL="b:c").stdout == "planted:make\n"
    assert invoke("load", XAITOOL_MODEL="torchvision:vgg11").stdout == "torchvision:vgg11\n"


@pytest.mark.parametrize(
    ("command", "kind", "field"),
    [
        (command, kind, field)
        for command, kind in (
            ("train-gan", "gan"),
            ("train-baseline-gan", "baseline-gan"),
            ("train-classifier", "classifier"),
        )
        for owner, field in CODE
        if owner == command
    ],
    ids=identifier,
)
def test_a_resumed_run_is_compared_before_an_import(
    command: str, kind: str, field: OptionField, invoke: Invoke, refused: Refused, pwned: Path
) -> None:
    values = COMMANDS[command]().to_dict("experiment")
    written("resume", command, {}, pwned.parent)
    save_checkpoint(pwned.parent / "run" / "last.pt", kind, {"config": values})
    result = invoke(command, "--resume", "run", field.flag, BOTH, "--dry-run")
    refused(result, f"{field.flag} is '{BOTH}', but the run has")
    assert not pwned.exists()


@pytest.mark.parametrize(
    ("run", "place"),
    [
        (gan_run, "generator_source"),
        (gan_run, "config.features"),
        (baseline_gan_run, "classifier"),
        (baseline_gan_run, "generator"),
        (classifier_run, "architecture"),
        (classifier_run, "config.dataset"),
        (partial(recommender_run, "svd"), "base"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_artifact_names_no_code(
    run: Callable[[], Path], place: str, invoke: Invoke, pwned: Path
) -> None:
    checkpoint = load_checkpoint(run(), kind=None)
    content = {name: value for name, value in checkpoint.items() if name not in HEADER}
    outer, _, inner = place.rpartition(".")
    (content[outer] if outer else content)[inner] = BOTH
    save_checkpoint(pwned.parent / "forged.pt", checkpoint["kind"], content)
    result = invoke("evaluate", "forged.pt", "--limit", "4", "--device", "cpu", "-q")
    assert result.returncode in (0, 2), result.stderr
    assert not pwned.exists()
    assert "planted" not in sys.modules


def test_a_run_with_code_goes_on_with_its_flags(
    invoke: Invoke, refused: Refused, tmp_path: Path
) -> None:
    code = ("--generator", "planted:generator", "--features", "planted:make")
    line = (*LINE, "--fid-samples", "0", *code)
    assert invoke("train-gan", *line, "--out", "run").returncode == 0
    again = ("train-gan", "--resume", "run", "--epochs", "3", "-q")
    result = invoke(*again)
    refused(result, "--generator of run/config.json names code", " ".join(code))
    result = invoke(*again, *code)
    assert (result.returncode, result.stdout) == (0, "run\n"), result.stderr
