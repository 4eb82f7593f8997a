"""What TAB offers, in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from tests.cli.commands import COMMANDS
from xaitool import registry
from xaitool.cli.program import build_app
from xaitool.cli.tab import offers
from xaitool.cli.tab.answers import offered, split_line
from xaitool.cli.tab.offers import ASSIGNMENTS, Offer
from xaitool.core.models.classifiers import torchvision_models
from xaitool.io.checkpoints import save_checkpoint
from xaitool.options import option_fields
from xaitool.registry.torchvision_networks import NETWORKS

# Options whose values are registered names.
NAMING = {"method", "baseline", "metric", "loss", "attack", "xai", "objective", "base", "dataset"}


PROGRAM = typer.main.get_command(build_app())


def offer(line: str) -> Offer:
    words, word, _ = split_line(line)
    return offered(PROGRAM, words, word)


def values(line: str) -> list[str]:
    """The words that may stand in place of the last one."""
    found = offer(line)
    *_, word = split_line(line)[:2]
    whole = [found.prefix + value for value in found.values]
    return [value for value in whole if value.startswith(word)]


def own(kind: str, *names: str) -> set[str]:
    """The options of registered things, by their own classes."""
    return {
        f"{field.name}="
        for name in names
        for field in option_fields(registry.load(kind, name).Options)
    }


def test_torchvision_has_these_networks() -> None:
    assert torchvision_models.names() == NETWORKS


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("train-g", ["train-gan"]),
        ("recommend f", ["fit"]),
        ("train-gan --refer", ["--references"]),
        ("train-gan --xai sh", ["shap"]),
        ("explain --method integ", ["integrated-gradients"]),
        ("explain --method=integ", ["--method=integrated-gradients"]),
        ("explain --method saliency --method occ", ["occlusion"]),
        (
            "explain --model torchvision:resnet1",
            ["torchvision:resnet101", "torchvision:resnet152", "torchvision:resnet18"],
        ),
        ("evaluate torchvision:alex", ["torchvision:alexnet"]),
        ("train-classifier --architecture torchvision:alex", ["torchvision:alexnet"]),
        ("explain --method-option rule=tr", ["rule=trapezoid"]),
        ("explain --baseline im", ["image:"]),
        ("explain --pair deep", ["deeplift@", "deep-shap@"]),
        ("evaluate --pair sal", ["saliency"]),
        ("explain --pair deeplift@bl", ["deeplift@blur"]),
        ("explain --pair deeplift@ganm", ["deeplift@ganmex:"]),
        ("explain --dataset fol", ["folder:"]),
        ("explain --dataset biased-mnist:of=di", ["biased-mnist:of=digits"]),
        ("explain --dataset biased-mnist:of=digits,la", ["biased-mnist:of=digits,label="]),
        ("explain --dataset biased-mnist:of=digits,o", []),
        ("train-classifier --augment flip,cr", ["flip,crop"]),
        ("train-classifier --augment flip,fl", []),
        ("train-classifier --augment flip,n", []),
        ("train-classifier --augment n", ["none"]),
        ("train-classifier --augment none,", []),
        ("train-classifier --architecture alex", ["alexnet"]),
        ("train-classifier --architecture resnet5", ["resnet56", "resnet50"]),
        ("--show-completion ", ["bash", "zsh", "fish"]),
        ("train-gan --xai random --xai-option of=input", ["of=input-x-gradient"]),
        (
            "explain --dataset composite:objects=biased",
            ["composite:objects=biased-mnist"],
        ),
        ("train-classifier --resume au", ["auto"]),
        ("recommend fit --amcf-option aspect-", ["aspect-decay="]),
        ("recommend fit --dataset synthetic-ratings:no", ["synthetic-ratings:noise="]),
        ("explain --nothing-like-that ", []),
        ("nothing-like-that --method ", []),
        ("recommend nothing-like-that ", []),
    ],
)
def test_values(line: str, wanted: list[str]) -> None:
    assert values(line) == wanted


def test_networks_of_torchvision_follow_its_name() -> None:
    assert values("explain --model torchvision:") == [f"torchvision:{name}" for name in NETWORKS]


@pytest.mark.parametrize("option", sorted(set(ASSIGNMENTS) - {"amcf_option"}))
def test_options_of_all_and_of_the_one_that_is_named(option: str) -> None:
    kind, chooser = ASSIGNMENTS[option]
    command = next(
        name
        for name, config in COMMANDS.items()
        if {option, chooser} <= {field.name for field in option_fields(config)}
    )
    flag, chooses = (f"--{name.replace('_', '-')}" for name in (option, chooser))
    assert set(values(f"{command} {flag} ")) == own(kind, *registry.names(kind))
    name = max(registry.names(kind), key=lambda name: len(own(kind, name)))
    assert set(values(f"{command} {chooses} {name} {flag} ")) == own(kind, name)


def test_an_option_for_one_of_several() -> None:
    line = "explain --method agi --method smooth-grad --method-option "
    both = own("method", "agi", "smooth-grad")
    assert set(values(line)) == both | {"agi.", "smooth-grad."}
    assert set(values(f"{line}agi.")) == {f"agi.{name}" for name in own("method", "agi")}
    assert offer(line).values["steps="].startswith("agi: ")
    pairs = "explain --pair agi --pair occlusion@blur "
    assert set(values(f"{pairs}--method-option ")) == own("method", "agi", "occlusion") | {
        "agi.",
        "occlusion.",
    }
    assert set(values(f"{pairs}--baseline-option ")) == own("baseline", "blur")


def test_a_preset_names_its_loss() -> None:
    assert set(values("train-classifier --preset pc-mnist --loss-option ")) == own("loss", "pc")


@pytest.mark.parametrize("kind", registry.METRICS_OF)
def test_metrics_of_the_artifact(kind: str, tmp_path: Path) -> None:
    folder, file = tmp_path / "run", tmp_path / "maps.h5"
    folder.mkdir()
    save_checkpoint(folder / "best.pt", kind, {"format of": "kind", "a": {"kind": "another"}})
    artifact = file if kind == "attribution" else folder
    assert values(f"evaluate {artifact} -m ") == list(registry.METRICS_OF[kind])


def test_metrics_of_several_artifacts_and_of_none(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "a.pt", "classifier", {})
    save_checkpoint(tmp_path / "b.pt", "baseline-gan", {})
    (tmp_path / "c.pt").touch()
    both = f"evaluate {tmp_path / 'a.pt'} {tmp_path / 'b.pt'} -m "
    assert values(both) == ["baseline-validity"]
    for name in ("c.pt", "absent"):
        assert values(f"evaluate {tmp_path / name} -m ") == list(registry.METRICS)
    assert values("evaluate package.module:make -m ") == list(registry.METRICS_OF["classifier"])


@pytest.mark.parametrize(
    ("line", "prefix", "paths"),
    [
        ("explain ", "", "files"),
        ("evaluate ru", "", "pt pt2 h5 hdf5 partial"),
        ("explain --model ru", "", "pt pt2"),
        ("recommend top --model ", "", "pt"),
        ("train-gan --resume ", "", "pt"),
        ("train-gan --data-dir ", "", "folders"),
        ("train-gan --config ", "", "toml json"),
        ("explain --weights ", "", "files"),
        ("explain --weights=", "--weights=", "files"),
        ("explain --baseline image:a", "image:", "files"),
        ("explain --baseline ganmex:a", "ganmex:", "pt"),
        ("explain --pair deeplift@ganmex:a", "deeplift@ganmex:", "pt"),
        ("train-gan --dataset folder:a", "folder:", "zip"),
        ("train-gan --dataset bam:a", "bam:", "folders"),
        ("train-gan --epochs ", "", "none"),
        ("explain --method ", "", "none"),
    ],
)
def test_paths(line: str, prefix: str, paths: str) -> None:
    found = offer(line)
    assert (found.prefix, found.paths) == (prefix, paths)


def test_every_option_has_an_answer_and_every_registered_name_its_line() -> None:
    for command, config in COMMANDS.items():
        flags = {field.flag for field in option_fields(config) if not field.facts.argument}
        assert flags <= set(values(f"{command} --"))
        for field in option_fields(config):
            if field.facts.argument:
                continue
            found = offers.offer(field, config, "", lambda _: ()).values
            assert [name for name in field.facts.choices if name not in found] == []
            untold = [name for name, about in found.items() if not about]
            if field.name in NAMING:
                assert untold in ([], ["none"])
