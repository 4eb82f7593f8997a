"""Which attribution files a call of ``explain`` makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xaitool.errors import ConfigError, InputError
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.plan import planned_files


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def plan(**options: Any) -> list[tuple[str, str | None, str]]:
    return [
        (one.name, one.baseline, str(one.out)) for one in planned_files(ExplainConfig(**options))
    ]


def test_one_method_is_one_file() -> None:
    assert plan(method="agi") == [("agi", None, "agi.h5")]
    assert plan(method="deeplift", baseline="blur", out="a.h5") == [("deeplift", "blur", "a.h5")]


def test_several_methods_go_into_a_folder() -> None:
    assert plan(method=("agi", "deeplift", "agi")) == [
        ("agi", None, "attributions/agi.h5"),
        ("deeplift", "zero", "attributions/deeplift.h5"),
    ]


def test_every_pair_of_method_and_baseline() -> None:
    baselines = ("zero", "image:pictures/a b.png")
    assert plan(method=("agi", "deeplift", "occlusion"), baseline=baselines, out="maps") == [
        ("agi", None, "maps/agi.h5"),
        ("deeplift", "zero", "maps/deeplift-zero.h5"),
        ("deeplift", "image:pictures/a b.png", "maps/deeplift-image-a-b.h5"),
        ("occlusion", "zero", "maps/occlusion-zero.h5"),
        ("occlusion", "image:pictures/a b.png", "maps/occlusion-image-a-b.h5"),
    ]


def test_a_folder_is_always_right_and_a_file_for_one() -> None:
    Path("folder.h5").mkdir()
    for out, place in {
        "maps": "maps/agi.h5",
        "lambda-0.5": "lambda-0.5/agi.h5",
        "folder.h5": "folder.h5/agi.h5",
        "deep/er/mine.h5": "deep/er/mine.h5",
    }.items():
        assert plan(method="agi", out=out) == [("agi", None, place)]
    for out in ("maps", "folder.h5"):
        assert [place for *_, place in plan(method=("agi", "saliency"), out=out)] == [
            f"{out}/agi.h5",
            f"{out}/saliency.h5",
        ]


def test_options_and_scores_of_each() -> None:
    agi, integrated = planned_files(
        ExplainConfig(
            method=("agi", "integrated-gradients"),
            method_option=("steps=9", "agi.classes=3"),
            baseline=("uniform",),
            references=7,
        )
    )
    assert (agi.output, integrated.output) == ("probability", "logit")
    assert (agi.method_options["steps"], agi.method_options["classes"]) == (9, 3)
    assert integrated.method_options["steps"] == 9
    assert (agi.baseline_options, integrated.baseline_options) == ({}, {"references": 7})
    assert integrated.title == "integrated-gradients, uniform"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": ("agi", "saliency"), "baseline": "zero"}, "'agi' and 'saliency' takes no"),
        ({"method": ("agi", "saliency"), "out": "a.h5"}, "but a folder is wanted for 2"),
        ({"method": "agi", "out": "a.hdf5"}, r"--out is a\.hdf5, but a folder, or a name in \.h5"),
        ({"method": "agi", "out": "file"}, "--out file is a file, but a folder is wanted"),
        (
            {"method": "deeplift", "baseline": ("image:a/x.png", "image:b/x.png")},
            "two baselines have files of one name",
        ),
        ({"method": "agi", "baseline_option": ("sigma=3",)}, "no method takes a baseline"),
    ],
)
def test_what_does_not_fit(options: dict[str, Any], message: str) -> None:
    Path("file").touch()
    with pytest.raises(InputError, match=message):
        plan(**options)


def test_nothing_is_replaced_unasked() -> None:
    Path("maps").mkdir()
    Path("maps/agi.h5").touch()
    both = {"method": ("saliency", "agi"), "out": "maps"}
    with pytest.raises(ConfigError, match=r"maps/agi\.h5 exists"):
        plan(**both)
    assert len(plan(**both, overwrite=True)) == 2
    assert len(plan(**both, resume=True)) == 2
    assert len(plan(method=("saliency", "agi"), out="other", resume=True)) == 2


def test_a_link_in_place_of_heat_maps_is_refused() -> None:
    Path("victim").mkdir()
    Path("saliency-heat-maps").symlink_to("victim")
    with pytest.raises(ConfigError, match="saliency-heat-maps is a link, but a folder is wanted"):
        plan(method="saliency", overwrite=True)


@pytest.mark.parametrize(
    "options",
    [
        {"method": "agi", "out": f"{'a' * 300}.h5"},
        {"method": "agi", "out": f"{'a' * 245}.h5"},
        {"method": ("agi", "saliency"), "out": "a" * 300},
    ],
)
def test_a_name_that_is_too_long_is_one_line(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="is too long"):
        plan(**options)
