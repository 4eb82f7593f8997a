"""Rows and pictures of several runs, from made-up logs."""

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.golden import missing
from tests.workflows.gan_runs import add_grid, gan_directory, timed
from tests.workflows.tiny_runs import Recorder
from xaitool.core.metrics.generation.convergence import THRESHOLD
from xaitool.errors import ArtifactError, ConfigError, InputError
from xaitool.options import option_fields
from xaitool.registry import METRICS_OF
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.evaluate import evaluate
from xaitool.workflows.evaluation.gans.histories import Criteria, SeedGroup, read_history
from xaitool.workflows.evaluation.gans.pictures import FIGURES, seed_curve


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def runs(here):
    """Two seeds of one experiment, the second unlucky, and another experiment."""
    flat = [200.0] * 10
    for name, start, seed, xai in (
        ("a-0", 9, 0, "shap"),
        ("a-1", 29, 1, "shap"),
        ("b", 9, 0, "none"),
    ):
        fid = [start + 40.0, start + 11.0, *[float(start)] * 10]
        kid = [800.0, *flat, 700.0]
        gan_directory(
            here / name, timed({"fid": fid, "kid": kid}, train=seed + 2), seed=seed, xai=xai
        )
        add_grid(here / name, "epoch-0001", torch.full((4, 1, 8, 8), 0.5))
        add_grid(here / name, "epoch-0012", torch.ones(4, 1, 8, 8) * seed)
    return ("a-0", "a-1", "b")


def compare(paths, reporter=None, **options):
    config = EvaluateConfig(artifacts=paths, metric=("convergence",), device="cpu", **options)
    rows = evaluate(config, reporter or Recorder())
    assert isinstance(rows, list)
    for row in rows:
        assert not missing(row, "evaluate", "row")
        assert not missing(row, "evaluate", "convergence")
    return rows


def of(rows, quantity):
    return {row["source"]: row for row in rows if row["quantity"] == quantity}


def test_rows_stand_by_quantity_with_groups_after_their_runs(runs):
    rows = compare(runs)
    sources = ["a-0", "a-1", "b", "a-{0,1}"]
    assert [row["source"] for row in rows] == sources * (len(rows) // 4)
    assert all(
        isinstance(value, str | int | float | None) for row in rows for value in row.values()
    )


def test_a_group_is_the_mean_and_spread_of_its_runs(runs):
    rows = compare(runs)
    for quantity in ("fid-best", "train-seconds", "convergence-epoch"):
        found = of(rows, quantity)
        values = [found["a-0"]["value"], found["a-1"]["value"]]
        group = found["a-{0,1}"]
        assert group["value"] == pytest.approx(np.mean(values))
        assert group["std"] == pytest.approx(np.std(values, ddof=1))
        assert (group["n"], group["runs"]) == (2, 2)
        assert (found["b"]["std"], found["b"]["n"], found["b"]["runs"]) == (None, 1, 1)


def test_a_group_says_how_many_of_its_runs_got_there(runs):
    found = of(compare(runs, fid_level=20.0), "fid-level-epoch")
    assert {source: row["value"] for source, row in found.items()} == {
        "a-0": 2, "a-1": None, "b": 2, "a-{0,1}": 2
    }  # fmt: skip
    assert (found["a-{0,1}"]["n"], found["a-{0,1}"]["runs"]) == (1, 2)
    assert found["a-{0,1}"]["std"] is None
    assert found["a-1"]["n"] == 0


def test_without_a_level_it_is_one_that_all_reach(runs):
    found = of(compare(runs), "fid-level-epoch")
    assert {row["level"] for row in found.values()} == {29.0}
    assert [row["value"] for row in found.values()] == [2, 3, 2, 2.5]


def test_a_threshold(runs):
    assert of(compare(runs), "convergence-epoch")["b"]["value"] == 2
    assert of(compare(runs, kid_threshold=600.0), "convergence-epoch")["b"]["value"] == 1


def test_the_default_threshold_suits_no_other_network(here):
    gan_directory(here / "c", timed({"kid": [0.1]}), network="inception")
    recorder = Recorder()
    compare(("c",), recorder)
    assert "features of inception has another unit" in recorder.warnings[0]
    compare(("c",), given := Recorder(), kid_threshold=0.01)
    assert given.warnings == []


def test_the_help_knows_the_default_threshold():
    (text,) = (
        one.facts.help for one in option_fields(EvaluateConfig) if one.name == "kid_threshold"
    )
    assert f"default: {THRESHOLD:g}" in text


def test_one_run_alone_and_one_named_twice(runs):
    rows = compare(("b", "./b"))
    assert {row["source"] for row in rows} == {"b"}
    assert of(rows, "fid-level-epoch")["b"]["level"] == 9.0
    assert rows == compare(("b",))


def test_runs_of_different_feature_networks_are_refused(runs, here):
    gan_directory(here / "c", timed({"fid": [1.0]}), features="def")
    message = "a-0 .abc. and c .def. were judged by different feature networks"
    with pytest.raises(ArtifactError, match=message):
        compare((runs[0], "c"))


def test_a_run_that_was_not_judged_goes_with_all(runs, here):
    gan_directory(here / "c", timed({"loss_d": [1.0] * 3}), features=None)
    found = of(compare((runs[0], "c")), "fid-best")
    assert (found["a-0"]["value"], found["c"]["value"]) == (9.0, None)


@pytest.mark.parametrize(
    ("options", "warning"),
    [({"digest": "others"}, "different images"), ({"fid_samples": 50}, "differ in --fid-samples")],
)
def test_what_does_not_compare_well_is_told(runs, here, options, warning):
    gan_directory(here / "c", timed({"fid": [1.0]}), **options)
    recorder = Recorder()
    compare((runs[0], "c"), recorder)
    assert len(recorder.warnings) == 1
    assert warning in recorder.warnings[0]


def test_shares_of_the_data_compare_where_the_judge_saw_the_same(here):
    for name, digest in (("part", "some"), ("whole", "all")):
        gan_directory(here / name, timed({"fid": [1.0]}), digest=digest, judge_images="all")
    gan_directory(here / "unjudged", timed({"loss_d": [1.0]}), features=None, digest="others")
    compare(("part", "whole", "unjudged"), recorder := Recorder())
    assert recorder.warnings == []


def test_what_is_no_run_is_refused_before_anything_is_measured(runs):
    with pytest.raises(InputError, match="is a checkpoint"):
        compare((*runs, "b/best.pt"), out="out")


# Pictures


def test_pictures(runs, here):
    recorder = Recorder()
    gan_directory(here / "old", [{"loss_d": 1.0}], features=None)
    runs = (*runs, "old")
    compare(runs, recorder, out="out")
    names = {*(f"{name}.png" for name in FIGURES), "samples.png"}
    assert {path.name for path in (here / "out").iterdir()} == names
    assert {message.removeprefix("picture: out/") for message in recorder.messages} >= names
    for name in names:
        with Image.open(here / "out" / name) as picture:
            assert min(picture.size) > 100
    before = {path: path.read_bytes() for path in (here / "out").iterdir()}
    with pytest.raises(ConfigError, match="exists, but a new file") as caught:
        compare(runs, out="out")
    assert "--overwrite" in str(caught.value.hint)
    compare(runs, out="out", overwrite=True)
    assert {path: path.read_bytes() for path in (here / "out").iterdir()} == before


def test_no_other_metric_writes_over_the_curves():
    assert not {*FIGURES, "samples"} & {
        name for name, one in METRICS_OF["gan"].items() if one.drawing
    }


def test_what_no_run_measured_has_no_picture(here):
    gan_directory(here / "c", [{"loss_d": 1.0}], features=None)
    compare(("c",), out="out")
    assert not (here / "out").exists()
    compare(("c",))


def test_a_damaged_sample_grid(runs, here):
    (here / "b/samples/epoch-0001.png").write_text("hello")
    with pytest.raises(ArtifactError, match=r"epoch-0001\.png is damaged"):
        compare(runs, out="out")


def test_a_place_that_is_a_file(runs, here):
    (here / "out").write_text("")
    with pytest.raises(ConfigError, match=r"--out .*out is a file, but a folder"):
        compare(runs, out="out")


def test_the_curve_of_a_group(here):
    kid: list[list[Any]] = [[5.0, None, *[1.0] * 11], [7.0, 3.0, 9.0, *[1.5] * 10, 99.0]]
    members = [
        read_history(gan_directory(here / str(seed), timed({"kid": values}), seed=seed))
        for seed, values in enumerate(kid)
    ]
    group = SeedGroup("long-" * 20, "", tuple(members))
    curve = seed_curve(group, "kid", Criteria(0.1, None))
    assert curve.mean == [6.0, None, 5.0, *[1.25] * 10]
    assert curve.band == ([5.0, None, 1.0, *[1.0] * 10], [7.0, None, 9.0, *[1.5] * 10])
    assert curve.mark == 4  # of 3 and 4, to even
    assert max(map(len, curve.label.splitlines())) <= 32
    alone = seed_curve(SeedGroup("a", "a", (members[0],)), "kid", Criteria(0.1, None))
    assert (alone.mean, alone.band, alone.mark) == (kid[0], None, 3)
    assert seed_curve(group, "kid", Criteria(-1.0, None)).mark is None


def planned(*artifacts):
    plan = evaluate(EvaluateConfig(artifacts=artifacts, device="cpu", dry_run=True))
    assert isinstance(plan, dict)
    return [one["metrics"] for one in plan["artifacts"]]


def test_several_runs_are_compared_unasked(runs):
    assert planned(*runs) == [["fid", "kid", "convergence"]] * 3
    assert planned(runs[0]) == [["fid", "kid"]]
