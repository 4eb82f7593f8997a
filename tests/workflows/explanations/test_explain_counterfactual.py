"""Baselines that stand for a second class: what explain keeps and says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from torch import nn

import xaitool
from tests.trained import baseline_gan_run, three_digits_run
from tests.workflows.tiny_runs import Recorder
from xaitool.errors import ConfigError, InputError
from xaitool.io.attributions import AttributionFile, AttributionRows, AttributionWriter
from xaitool.io.checkpoints import file_sha256
from xaitool.report.attribution_grid import attribution_grid
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.counterfactuals.generator import load_generator
from xaitool.workflows.explanations import pictures
from xaitool.workflows.explanations.baseline_hits import (
    file_reached,
)
from xaitool.workflows.explanations.explain import explain
from xaitool.workflows.explanations.plan import planned_files
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
LIMIT = 5


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def options(**given: Any) -> ExplainConfig:
    values: dict[str, Any] = {
        "model": str(three_digits_run()),
        "dataset": "digits",
        "only": "correct",
        "limit": LIMIT,
        "method": ("integrated-gradients",),
        "method_option": ("steps=3",),
        "against": "second",
        "heat_maps": 0,
        "device": "cpu",
    }
    return ExplainConfig(**{**values, **given})


def run(config: ExplainConfig) -> tuple[Recorder, list[dict[str, Any]]]:
    recorder, records = Recorder(), list[Any]()
    explain(config, recorder, records.append)
    return recorder, records


def read(name: str = "integrated-gradients.h5") -> tuple[dict[str, Any], AttributionRows]:
    with AttributionFile(Path(name)) as file:
        return file.attributes, file.read()


def ganmex(generator: str = "ganmex") -> str:
    return f"ganmex:{baseline_gan_run(generator)}"


def classes_of(images: torch.Tensor) -> torch.Tensor:
    network = load_classifier(str(three_digits_run()), None, CPU)
    return network.logits(images, 64).argmax(1)


@pytest.mark.parametrize("generator", ["ganmex", "standalone"])
def test_the_file_holds_the_generated_image_and_what_the_model_makes_of_it(generator: str) -> None:
    recorder, records = run(options(baseline=(ganmex(generator),), heat_maps=2))
    attributes, rows = read()
    network = load_generator(baseline_gan_run(generator), CPU).model
    with torch.no_grad():
        made = network(rows.input, rows.against)
    assert rows.baseline is not None
    torch.testing.assert_close(rows.baseline, made, rtol=0, atol=1e-5)
    predicted = classes_of(rows.baseline)
    assert torch.equal(rows.extra["baseline_prediction"], predicted[:, None])
    hits = predicted == rows.against
    assert [record["baseline_reached"] for record in records] == hits.double().tolist()
    line = f"{int(hits.sum())} of {LIMIT} baselines are of the class of --against to the model"
    assert sum(line in message for message in recorder.messages) == 1
    best = baseline_gan_run(generator) / "best.pt"
    assert attributes["baseline_generator"] == generator
    assert attributes["baseline_checkpoint"] == str(best)
    assert attributes["baseline_sha256"] == file_sha256(best)


def test_several_references_and_every_class() -> None:
    config = options(
        baseline=("target-class",), references=4, against="all", limit=3, only="correct"
    )
    recorder, records = run(config)
    _, rows = read()
    predicted = rows.extra["baseline_prediction"]
    assert predicted.shape == (3, 3, 4)
    own = rows.target[:, None] == torch.arange(3)
    assert (predicted[own] == -1).all()
    hits = predicted == torch.arange(3)[:, None]
    shares = hits.flatten(1).sum(1) / 8
    assert [record["baseline_reached"] for record in records] == pytest.approx(shares.tolist())
    assert any(f"{int(hits.sum())} of 24 baselines" in text for text in recorder.messages)


def test_each_class_by_itself_equals_the_pass_over_all() -> None:
    run(options(baseline=(ganmex(),), against="all", target="0", only=None, limit=3))
    _, every = read()
    for label in (1, 2):
        out = Path(f"{label}.h5")
        config = options(baseline=(ganmex(),), against=str(label), target="0", only=None, limit=3)
        run(ExplainConfig(**{**vars(config), "out": out}))
        _, one = read(out.name)
        single = one.extra["baseline_prediction"]
        assert torch.equal(every.extra["baseline_prediction"][:, label], single)
        torch.testing.assert_close(every.extra["class_values"][:, label], one.attribution)


def test_a_baseline_without_a_class_says_nothing_of_one() -> None:
    recorder, records = run(options(baseline=("zero",)))
    attributes, rows = read()
    assert "baseline_prediction" not in rows.extra
    assert {record["baseline_reached"] for record in records} == {None}
    assert not any("baselines are of" in text for text in recorder.messages)
    assert "baseline_generator" not in attributes
    assert file_reached(Path("integrated-gradients.h5")) is None


def test_a_continued_run_tells_of_all_images(monkeypatch: pytest.MonkeyPatch) -> None:
    config = options(baseline=(ganmex(),), batch_size=2, out=Path("a.h5"))
    whole, _ = run(config)
    append = AttributionWriter.append
    batches: list[int] = []

    def stopping(self: AttributionWriter, rows: AttributionRows) -> None:
        append(self, rows)
        batches.append(len(rows))
        if len(batches) == 2:
            raise OSError("stopped")

    again = options(baseline=(ganmex(),), batch_size=2, out=Path("a.h5"), overwrite=True)
    with monkeypatch.context() as patch:
        patch.setattr(AttributionWriter, "append", stopping)
        with pytest.raises(OSError, match="stopped"):
            run(again)
    resumed, records = run(
        options(baseline=(ganmex(),), batch_size=2, out=Path("a.h5"), resume=True)
    )
    assert len(records) < LIMIT
    assert resumed.messages[-1] == whole.messages[-1]


def test_the_grid_shows_the_generated_images_once(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = Mock(wraps=attribution_grid)
    monkeypatch.setattr(pictures, "attribution_grid", grid)
    methods = ("integrated-gradients", "saliency", "deeplift")
    explain(options(method=methods, baseline=(ganmex(),), grid=True, out="m"))
    [(rows, columns), named] = grid.call_args
    assert len(columns) == len(methods)
    assert [heading.partition("\n")[0] for heading in named["pictures"]] == ["baseline"]
    assert all(len(row.pictures) == 1 for row in rows)


def test_a_folder_with_a_dot_in_its_name_keeps_it() -> None:
    for name in ("lambda-0.1", "lambda-0.2"):
        Path(name).mkdir()
    config = options(baseline=("ganmex:lambda-0.1", "ganmex:lambda-0.2"), out="maps")
    assert [one.out.name for one in planned_files(config)] == [
        "integrated-gradients-ganmex-lambda-0.1.h5",
        "integrated-gradients-ganmex-lambda-0.2.h5",
    ]


def test_without_a_second_class_it_is_refused() -> None:
    with pytest.raises(ConfigError, match="but --against is not set") as caught:
        run(options(baseline=(ganmex(),), against=None))
    assert caught.value.hint == "--against second"
    assert not list(Path().iterdir())


# From Python


def images() -> torch.Tensor:
    return torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def network(classes: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, classes))


def test_a_call_from_python() -> None:
    given = {"target": 0, "against": [1, 2], "steps": 5}
    found = xaitool.attribute(network(), images(), baseline=ganmex(), **given)
    generator = load_generator(baseline_gan_run(), CPU).model
    with torch.no_grad():
        made = generator(images(), torch.tensor([1, 2]))
    wanted = xaitool.attribute(network(), images(), baseline=made, **given)
    torch.testing.assert_close(found.values, wanted.values, rtol=1e-4, atol=1e-5)


def test_what_a_call_from_python_refuses() -> None:
    wide = torch.rand(2, 1, 28, 30)
    cases: list[tuple[nn.Module, torch.Tensor, str, int | None, str]] = [
        (network(), images(), "ganmex", 1, "no generator, but baseline='ganmex:CHECKPOINT'"),
        (network(), images(), "ganmex:nosuch.pt", 1, "nosuch.pt does not exist"),
        (network(), images(), "zero:x", 1, "but NAME or ganmex:CHECKPOINT is wanted"),
        (network(4), images(), ganmex(), 1, "knows 3 classes, but the model tells 4 apart"),
        (network(), wide, ganmex(), 1, "makes images 1x28x28, but the model takes 1x28x30"),
        (network(), images(), ganmex(), None, "the score has no second class"),
    ]
    for model, inputs, baseline, against, message in cases:
        with pytest.raises(InputError, match=message):
            xaitool.attribute(model, inputs, baseline=baseline, target=0, against=against)
