"""Pairs of method and baseline that are named one by one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from tests.trained import classifier_run
from xaitool.errors import ArtifactError, ConfigError, InputError, StoppedBySignal
from xaitool.io.attributions import AttributionFile
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.explain import ExplainResult, explain
from xaitool.workflows.explanations.pairs import method_pairs
from xaitool.workflows.explanations.plan import method_setups, planned_files


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_several_methods_each_with_baselines_of_its_own() -> None:
    pairs = (
        "integrated-gradients@zero",
        "integrated-gradients@ganmex:runs/a@b",
        "saliency",
        "cgi@recolour",
        "integrated-gradients@zero",
    )
    wanted = [
        ("integrated-gradients", "zero"),
        ("integrated-gradients", "ganmex:runs/a@b"),
        ("saliency", None),
        ("cgi", "recolour"),
    ]
    for config in (ExplainConfig(pair=pairs), EvaluateConfig(pair=pairs)):
        assert method_pairs(config) == wanted
    assert [one.title for one in method_setups(ExplainConfig(pair=pairs))] == [
        "integrated-gradients, zero",
        "integrated-gradients, ganmex:runs/a@b",
        "saliency",
        "cgi, recolour",
    ]


def test_files_and_options_of_pairs_are_those_of_methods_and_baselines() -> None:
    common: dict[str, Any] = {"out": "maps", "baseline_option": ("sigma=3",)}
    paired = planned_files(ExplainConfig(pair=("occlusion@blur", "deeplift@zero"), **common))
    crossed = planned_files(
        ExplainConfig(method=("occlusion", "deeplift"), baseline=("blur", "zero"), **common)
    )
    assert paired == [crossed[0], crossed[3]]


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"pair": "agi", "method": "saliency"}, "--method stands beside --pair", "leave --method"),
        ({"pair": "agi", "baseline": "zero"}, "--baseline stands beside --pair", "--pair METHOD@"),
        ({"pair": "cgi@zero", "path": "recolour"}, "--path stands beside --pair", "leave --path"),
        ({"pair": "deeplif@zero"}, "method 'deeplif'; did you mean 'deeplift'", "one of: "),
        ({"pair": "deeplift@blurr"}, "baseline 'blurr'; did you mean 'blur'", "one of: "),
        ({"pair": "@zero"}, "unknown method ''", "one of: "),
        ({"pair": "saliency@zero"}, "method 'saliency' takes no baseline", "--pair saliency"),
        ({"pair": "deeplift"}, "'deeplift' wants a baseline", "--pair deeplift@zero"),
        ({"pair": "deeplift@"}, "'deeplift' wants a baseline", "--pair deeplift@zero"),
        ({"pair": "cgi"}, "'cgi' wants a baseline", "--pair cgi@cvae:RUN"),
        ({"pair": "deeplift@ganmex"}, "baseline is 'ganmex', but NAME", ""),
    ],
)
def test_what_is_no_pair(options: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        method_setups(ExplainConfig(**options))
    assert "\n" not in str(caught.value)
    assert hint in str(caught.value.hint or "")


def options(*pairs: str, **values: Any) -> ExplainConfig:
    common: dict[str, Any] = {
        "model": str(classifier_run()),
        "dataset": "digits",
        "limit": 2,
        "batch_size": 1,
        "heat_maps": 0,
        "out": Path("maps"),
        "device": "cpu",
    }
    return ExplainConfig(pair=pairs, **common | values)


def test_pairs_are_explained_as_by_themselves() -> None:
    result = explain(options("saliency", "deeplift@blur"))
    assert isinstance(result, ExplainResult)
    assert [path.name for path in result.files] == ["saliency.h5", "deeplift-blur.h5", "grid.png"]
    alone = dataclasses.replace(
        options(), method=("deeplift",), baseline=("blur",), out=Path("alone.h5")
    )
    explain(alone)
    with (
        AttributionFile(Path("maps/deeplift-blur.h5")) as one,
        AttributionFile(Path("alone.h5")) as other,
    ):
        assert one.read().attribution.equal(other.read().attribution)


def test_another_choice_of_pairs_is_not_continued() -> None:
    def stop(record: dict[str, Any]) -> None:
        if record["method"] == "deeplift":
            raise StoppedBySignal(2, "stopped")

    with pytest.raises(StoppedBySignal):
        explain(options("saliency", "deeplift@blur"), emit=stop)
    before = sorted(Path("maps").rglob("*"))
    other = options("saliency", "deeplift@zero", resume=True)
    with pytest.raises(ConfigError, match=r"deeplift-blur\.h5\.partial is unfinished") as caught:
        explain(other)
    assert "give the pairs of the run that was interrupted" in str(caught.value.hint)
    softer = options("saliency", "deeplift@blur", baseline_option=("sigma=2",), resume=True)
    with pytest.raises(ArtifactError, match="written with another baseline_options"):
        explain(softer)
    assert sorted(Path("maps").rglob("*")) == before
    explain(options("saliency", "deeplift@blur", resume=True))
    assert not list(Path("maps").glob("*.partial"))
