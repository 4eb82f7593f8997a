"""Logs follow ``metrics.jsonl``, and neither stop nor change a run."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.trained import SMALL_RATINGS
from tests.workflows.tiny_runs import (
    Recorder,
    classifier_config,
    files,
    gan_config,
    make_quick,
    metrics,
)
from xaitool import registry
from xaitool.errors import ArtifactError, ConfigError
from xaitool.workflows.classifiers.train_classifier import train_classifier
from xaitool.workflows.configs.recommend_fit import RecommendFitConfig
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.counterfactuals.train_baseline_gan import train_baseline_gan
from xaitool.workflows.gans.train_gan import train_gan
from xaitool.workflows.recommenders.fit import recommend_fit
from xaitool.workflows.runs import run_logs
from xaitool.workflows.runs.directory import RunDirectory
from xaitool.workflows.runs.logs.base import LoggedRun, RunLog
from xaitool.workflows.runs.run_logs import RunLogs, are_behind, check_logs

Written = list[tuple[int, dict[str, float], dict[str, Path]]]


class Told(RunLog):
    """Keeps what it is told, over all its openings; knows a run by its folder's name."""

    library = "json"
    written: Written
    opened: list[LoggedRun]
    closed: list[bool]
    fails_at = 0

    def __init__(self, run: LoggedRun) -> None:
        self.opened.append(run)
        self.id = run.id or f"id of {run.folder.name}"
        self.step = run.step
        self.place = "here"

    def write(self, step: int, figures: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        if self.fails_at and step >= self.fails_at:
            raise OSError("nobody\nanswers")
        self.written.append((step, dict(figures), dict(pictures)))

    def close(self, completed: bool) -> None:
        self.closed.append(completed)


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Callable[..., type[Told]]:
    """Makes a log of a name, or the one that is opened as `base`."""
    known: dict[str, type[RunLog]] = {}
    load = registry.load
    monkeypatch.setattr(registry, "load", lambda kind, name: known.get(name) or load(kind, name))
    make_quick(monkeypatch)

    def make(name: str, base: type[Told] = Told) -> type[Told]:
        known[name] = log = type(name, (base,), {"written": [], "opened": [], "closed": []})
        return log

    return make


def directory(path: Path, *entries: dict[str, Any]) -> RunDirectory:
    """A run with these lines in its ``metrics.jsonl``."""
    run = RunDirectory.create(path)
    run.write_config({"command": "train-gan", "schema": 1, "options": {"latent": 8}})
    for entry in entries:
        run.metrics.append(entry)
    return run


def entry(epoch: int, **figures: Any) -> dict[str, Any]:
    return {"epoch": epoch, "step": 10 * epoch, **figures}


def test_a_log_is_told_each_figure_and_picture_once(
    tmp_path: Path, logs: Callable[..., type[Told]]
) -> None:
    told = logs("told")
    table = {"0 red": 0.25, "1 red": None}
    with (
        directory(tmp_path / "run", entry(1, loss=0.5, fid=None, group_weights=table)) as run,
        RunLogs(["told", "told"], run, Recorder()) as following,
    ):
        early, first = run.samples / "epoch-0001-step-00003.png", run.samples / "epoch-0001.png"
        for path in (early, first):
            path.touch()
        following.follow()
        run.metrics.append(entry(2, loss=0.25))
        following.follow()
        curve = run.plots / "losses.png"
        curve.touch()
        run.metrics.append(entry(3, loss=0.125))
    assert told.written == [
        (3, {}, {"samples": early}),
        (10, {"epoch": 1, "loss": 0.5, "group_weights/0 red": 0.25}, {"samples": first}),
        (20, {"epoch": 2, "loss": 0.25}, {}),
        (30, {"epoch": 3, "loss": 0.125}, {"plots/losses": curve}),
    ]
    assert told.closed == [True]
    assert told.opened == [LoggedRun(run.path, "train-gan", {"latent": 8}, None, 0)]
    assert json.loads((run.path / "logs.json").read_text()) == {
        "told": {"id": "id of run", "step": 30}
    }


def test_a_log_goes_on_and_catches_up(tmp_path: Path, logs: Callable[..., type[Told]]) -> None:
    told, later = logs("told"), logs("later")
    with directory(tmp_path, entry(1, loss=0.5)) as run, RunLogs(["told"], run, Recorder()):
        pass
    run.metrics.append(entry(2, loss=0.25))
    with contextlib.suppress(KeyboardInterrupt), RunLogs(["told", "later"], run, Recorder()) as two:
        two.follow()
        raise KeyboardInterrupt
    assert [step for step, *_ in told.written] == [10, 20]
    assert later.written == told.written
    first, again = told.opened
    assert (first.id, first.step, again.id, again.step) == (None, 0, f"id of {tmp_path.name}", 10)
    assert told.closed == [True, False]


def test_a_log_hears_that_a_run_goes_on_from_earlier(
    tmp_path: Path, logs: Callable[..., type[Told]]
) -> None:
    told = logs("told")
    with directory(tmp_path, entry(1), entry(2)) as run, RunLogs(["told"], run, Recorder()):
        pass
    run.metrics.truncate_after(1, 10)
    with RunLogs(["told"], run, Recorder()):
        run.metrics.append(entry(2))
    assert told.opened[1].step == 10
    assert [step for step, *_ in told.written] == [10, 20, 20]


def test_a_log_that_fails_is_given_up_and_has_the_rest_later(
    tmp_path: Path, logs: Callable[..., type[Told]]
) -> None:
    broken, told, recorder = logs("broken"), logs("told"), Recorder()
    broken.fails_at = 20
    names = ["broken", "told"]
    with directory(tmp_path, entry(1)) as run, RunLogs(names, run, recorder) as following:
        for epoch in (2, 3):
            following.follow()
            run.metrics.append(entry(epoch))
    assert recorder.warnings == ["--log broken ends here, the run goes on: nobody answers"]
    assert [step for step, *_ in broken.written] == [10]
    assert json.loads((tmp_path / "logs.json").read_text())["broken"]["step"] == 10
    assert (broken.closed, told.closed) == ([False], [True])
    assert [step for step, *_ in told.written] == [10, 20, 30]
    broken.fails_at = 0
    with RunLogs(names, run, recorder):
        pass
    assert broken.written == told.written


def test_a_finished_run_is_resumed_for_a_log_that_lacks_something(
    tmp_path: Path, logs: Callable[..., type[Told]]
) -> None:
    run, told = tmp_path / "run", logs("mlflow")
    train_classifier(classifier_config(run), Recorder())
    kept = {name: (run / name).read_bytes() for name in ("last.pt", "best.pt", "metrics.jsonl")}
    resumed = classifier_config(run, resume=str(run), log=("mlflow",))
    train_classifier(resumed, Recorder())
    assert [step for step, _, _ in told.written] == [line["step"] for line in metrics(run)]
    assert {name: (run / name).read_bytes() for name in kept} == kept
    with pytest.raises(ArtifactError, match="has finished its 2 epochs"):
        train_classifier(resumed, Recorder())
    assert not are_behind([], run)


def test_a_log_that_cannot_be_opened_or_closed_is_a_warning(
    tmp_path: Path, logs: Callable[..., type[Told]]
) -> None:
    class Unopened(Told):
        def __init__(self, run: LoggedRun) -> None:
            raise ValueError

    class Unclosed(Told):
        def close(self, completed: bool) -> None:
            raise ValueError

    logs("first", Unopened)
    logs("second", Unclosed)
    recorder = Recorder()
    with directory(tmp_path, entry(1)) as run, RunLogs(["first", "second"], run, recorder):
        pass
    assert recorder.warnings == [
        f"--log {name} ends here, the run goes on: ValueError" for name in ("first", "second")
    ]


def test_a_foreign_picture_stops_no_run(tmp_path: Path, logs: Callable[..., type[Told]]) -> None:
    told, recorder = logs("told"), Recorder()
    with directory(tmp_path, entry(1)) as run, RunLogs(["told"], run, recorder):
        (run.samples / "epoch-0001-step-mine.png").touch()
    assert recorder.warnings == [
        "--log told ends here, the run goes on: invalid literal for int() with base 10: 'mine'"
    ]
    assert told.closed == [False]


def test_a_damaged_list_of_logs_is_said(tmp_path: Path, logs: Callable[..., type[Told]]) -> None:
    logs("told")
    with directory(tmp_path) as run:
        (tmp_path / "logs.json").write_text('{"told": {"id": 1, "step": 0}}')
        with pytest.raises(ArtifactError, match=r"logs\.json"), RunLogs(["told"], run, Recorder()):
            pass


def test_a_logged_training_is_the_same_bit_for_bit(
    tmp_path: Path, logs: Callable[..., type[Told]]
) -> None:
    told = logs("told")
    plain, logged = tmp_path / "plain", tmp_path / "logged"
    train_classifier(classifier_config(plain), Recorder())
    config = classifier_config(logged)
    object.__setattr__(config, "log", ("told",))
    train_classifier(config, Recorder())
    for name in ("last.pt", "best.pt"):
        assert (logged / name).read_bytes() == (plain / name).read_bytes()
    assert metrics(logged) == metrics(plain)
    assert files(logged) - files(plain) == {"logs.json"}
    # So `--resume` logs on without being told.
    assert json.loads((logged / "config.json").read_text())["options"]["log"] == ["told"]
    assert [figures["epoch"] for _, figures, _ in told.written] == [1, 2]


def test_a_recommender_is_logged_pass_by_pass(
    tmp_path: Path, logs: Callable[..., type[Told]]
) -> None:
    told = logs("told")
    config = RecommendFitConfig(dataset=SMALL_RATINGS, factors=8, epochs=3, out=tmp_path / "fit")
    object.__setattr__(config, "log", ("told",))
    recommend_fit(config, Recorder())
    lines = [json.loads(line) for line in (tmp_path / "fit/metrics.jsonl").read_text().splitlines()]
    assert [(step, figures) for step, figures, _ in told.written] == [
        (line["epoch"], line) for line in lines
    ]
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("train", "config"),
    [
        (train_gan, gan_config),
        (train_classifier, classifier_config),
        (train_baseline_gan, TrainBaselineGanConfig),
        (recommend_fit, RecommendFitConfig),
    ],
    ids=lambda value: value.__name__,
)
@pytest.mark.parametrize("found", [None, ModuleSpec("wandb", None)], ids=["nothing", "a folder"])
def test_a_library_that_is_not_installed_is_told_before_any_work(
    train: Any, config: Any, found: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        run_logs, "find_spec", lambda name: found if name == "wandb" else find_spec(name)
    )
    with pytest.raises(ConfigError) as refused:
        train(config(out=tmp_path / "run", dataset="absent", log=("tensorboard", "wandb")))
    assert str(refused.value) == "--log is wandb, but the library wandb is not installed"
    assert refused.value.hint == "pip install wandb"
    assert not (tmp_path / "run").exists()


def test_asking_whether_a_library_is_installed_does_not_import_it(
    tmp_path: Path, logs: Callable[..., type[Told]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slow_library.py").write_text("raise ImportError")
    monkeypatch.syspath_prepend(tmp_path)
    logs("told").library = "slow_library"
    check_logs(["told"])
