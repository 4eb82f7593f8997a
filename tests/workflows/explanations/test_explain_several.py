"""Several methods and baselines in one call, every class by itself, and the grid."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from PIL import Image

from tests.trained import classifier_run
from tests.workflows.tiny_runs import Recorder
from xaitool import registry
from xaitool.core.score import Score
from xaitool.data.load import load_dataset
from xaitool.errors import ArtifactError, DataError, StoppedBySignal
from xaitool.io.attributions import AttributionFile, AttributionRows
from xaitool.report.attribution_grid import attribution_grid
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations import pictures
from xaitool.workflows.explanations.explain import ExplainResult, explain
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

DOUBLE = Runtime(torch.device("cpu"), torch.float64)
METHODS = ("saliency", "deeplift", "integrated-gradients")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def options(**values: Any) -> ExplainConfig:
    common: dict[str, Any] = {"model": str(classifier_run()), "dataset": "digits", "limit": 4}
    if "integrated-gradients" in values["method"]:
        common["method_option"] = ("steps=3",)
    return ExplainConfig(**common | values)


def run(config: ExplainConfig, *arguments: Any) -> ExplainResult:
    result = explain(config, *arguments)
    assert isinstance(result, ExplainResult)
    return result


def content(path: str) -> AttributionRows:
    with AttributionFile(Path(path)) as file:
        return file.read()


def tree() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


def test_each_file_is_what_a_call_of_its_own_writes() -> None:
    both = run(options(method=METHODS, baseline=("zero", "blur"), out="maps", seed=2))
    assert [path.name for path in both.files if path.suffix == ".h5"] == [
        "saliency.h5",
        "deeplift-zero.h5",
        "deeplift-blur.h5",
        "integrated-gradients-zero.h5",
        "integrated-gradients-blur.h5",
    ]
    assert both.files[-1] == Path("maps/grid.png")
    assert both.samples == 4
    run(options(method="deeplift", baseline="blur", out="one.h5", seed=2))
    alone, among = content("one.h5"), content("maps/deeplift-blur.h5")
    assert torch.equal(alone.attribution, among.attribution)
    assert torch.equal(alone.score_baseline, among.score_baseline)


def test_the_grid_has_a_row_an_image_and_a_column_a_file() -> None:
    def size(methods: tuple[str, ...], limit: int, **more: Any) -> tuple[int, int]:
        out = options(method=methods, limit=limit, out="m", overwrite=True, **more)
        with Image.open(run(out).files[-1]) as picture:
            return picture.size

    narrow, wide = size(METHODS[:2], 2), size(METHODS, 2)
    assert wide[0] - narrow[0] > 100
    assert size(METHODS, 3)[1] - wide[1] > 100
    assert size(METHODS, 3, grid_images=2) == wide


def test_a_grid_says_what_it_leaves_out_and_ends_with_an_image(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grid = Mock(wraps=attribution_grid)
    monkeypatch.setattr(pictures, "attribution_grid", grid)

    def told(**more: Any) -> tuple[int, list[str]]:
        recorder = Recorder()
        run(options(method="saliency", grid=True, heat_maps=0, overwrite=True, **more), recorder)
        found = [text for text in recorder.messages if "grid.png shows" in text]
        return len(grid.call_args.args[0]), found

    assert told() == (4, [])
    rows, [said] = told(target="top3", grid_images=8)
    assert rows == 6
    assert said.startswith("saliency-grid.png shows the first 6 of 12 explanations")
    rows, [said] = told(target="top3", grid_images=2)
    assert rows == 2


def test_a_grid_of_a_single_method_is_made_when_asked_for() -> None:
    assert run(options(method="saliency")).files[-1].suffix == ".png"
    assert not Path("saliency-grid.png").exists()
    last = run(options(method="saliency", grid=True, overwrite=True)).files[-1]
    assert last == Path("saliency-grid.png")


def test_an_interrupted_call_goes_on_where_it_was() -> None:
    whole = options(method=METHODS, out="maps", batch_size=2)
    run(whole)
    wanted = tree()
    for path in wanted:
        Path(path).unlink()
    seen: list[dict[str, Any]] = []

    def stop_in_the_second_file(record: dict[str, Any]) -> None:
        seen.append(record)
        if len(seen) == 6:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(StoppedBySignal):
        run(whole, None, stop_in_the_second_file)
    assert Path("maps/saliency.h5").exists()
    assert Path("maps/deeplift.h5.partial").exists()
    again: list[dict[str, Any]] = []
    resumed = options(method=METHODS, out="maps", batch_size=2, resume=True)
    run(resumed, None, again.append)
    assert len(seen) + len(again) == 12
    assert tree() == wanted
    assert run(resumed).samples == 4


def test_a_finished_file_of_another_run_is_not_taken_for_ones_own() -> None:
    run(options(method=METHODS[:2], out="maps"))
    Path("maps/deeplift.h5").unlink()
    with pytest.raises(ArtifactError, match=r"saliency\.h5 was written with another target_rule"):
        run(options(method=METHODS[:2], out="maps", resume=True, target="3"))


def test_a_dry_run_names_every_file() -> None:
    plan = explain(options(method=METHODS[:2], dry_run=True))
    assert isinstance(plan, dict)
    assert plan["command"] == "explain"
    assert [one["out"] for one in plan["files"]] == [
        "attributions/saliency.h5",
        "attributions/deeplift.h5",
    ]
    assert tree() == {}


@pytest.mark.parametrize(
    ("method", "own"),
    [("saliency", {}), ("deeplift", {}), ("expected-gradients", {"samples": 4})],
)
def test_against_all_is_each_class_by_itself(method: str, own: dict[str, int]) -> None:
    given = tuple(f"{name}={value}" for name, value in own.items())
    few: dict[str, Any] = {"limit": 2, "precision": "float64", "method_option": given}
    few |= {"references": 3} if method == "expected-gradients" else {}
    run(options(method=method, against="all", **few))
    rows = content(f"{method}.h5")
    network = load_classifier(str(classifier_run()), None, DOUBLE)
    images = load_dataset("digits", "test").images([0, 1]).double()
    kind = registry.load("method", method)
    black = torch.zeros_like(images)[:, None]
    with AttributionFile(Path(f"{method}.h5")) as file:
        if (shared := file.references) is not None:
            black = shared.double().expand(2, *shared.shape)
    total = torch.zeros_like(images)
    for label in range(10):
        others = (rows.target != label).nonzero().squeeze(1)
        score = Score(rows.target[others], torch.full_like(others, label), kind.default_output)
        wanted = kind(network.model, **own).attribute(images[others], score, black[others])
        found = rows.extra["class_values"][others, label]
        torch.testing.assert_close(found, wanted.values, rtol=1e-6, atol=1e-9)
        gaps = rows.extra["class_gap"][others, label]
        torch.testing.assert_close(gaps, wanted.completeness_gap, atol=1e-9, rtol=0, equal_nan=True)
        total[others] += wanted.values
    mean = (total / 9).float()
    torch.testing.assert_close(rows.attribution, mean, rtol=1e-4, atol=1e-7)
    assert not rows.extra["class_values"][[0, 1], rows.target].any()
    assert rows.extra["classes"][[0, 1], rows.target].tolist() == [-1, -1]
    assert rows.against.tolist() == [-1, -1]


def test_against_all_by_agi_is_the_individual_agi_of_every_class() -> None:
    few = {"method": "agi", "limit": 2, "precision": "float64", "method_option": ("steps=4",)}
    run(options(**few, against="all"))
    rows = content("agi.h5")
    for label in {0, 5, 9} - set(rows.target.tolist()):
        run(options(**few, against=str(label), out=f"{label}.h5"))
        one = content(f"{label}.h5")
        torch.testing.assert_close(rows.extra["class_values"][:, label].float(), one.attribution)
    assert (rows.extra["classes"] >= 0).sum(1).tolist() == [9, 9]
    with Image.open("agi-heat-maps/000000-00000.png") as picture:
        assert picture.width > 6 * 100


def test_a_baseline_of_the_second_class_follows_each_class() -> None:
    run(options(method="deeplift", baseline="nearest-target", against="all", limit=1))
    rows = content("deeplift.h5")
    run(options(method="deeplift", baseline="nearest-target", against="4", limit=1, out="4.h5"))
    one = content("4.h5")
    assert rows.baseline is None
    torch.testing.assert_close(rows.extra["class_values"][:, 4], one.attribution)


def test_images_that_are_skipped_are_left_out_of_every_file() -> None:
    config = options(method=METHODS[:2], against="3", limit=12, on_error="skip", out="maps")
    with pytest.warns(UserWarning, match="skipped: --against 3 is the target of image"):
        result = run(config)
    assert 0 < len(result.skipped) < 12
    for name in METHODS[:2]:
        assert len(content(f"maps/{name}.h5")) == 12 - len(result.skipped) == result.samples


def test_every_image_is_skipped() -> None:
    config = options(method="saliency", target="label", against="label", limit=1, on_error="skip")
    with pytest.raises(DataError, match="none of 1 images is of two different classes"):
        run(config)
