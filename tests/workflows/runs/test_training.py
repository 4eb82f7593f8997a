"""The loop of both trainings: interrupted and resumed, damaged, diverged, out of memory."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.workflows.tiny_runs import (
    LINE,
    STEPS_PER_EPOCH,
    Recorder,
    classifier_config,
    files,
    gan_config,
    make_quick,
    metrics,
    pictures,
)
from xaitool.core.training.classifier_step import classifier_step
from xaitool.errors import (
    ArtifactError,
    ConfigError,
    DataError,
    DivergenceError,
    StoppedBySignal,
    XaitoolError,
)
from xaitool.io.checkpoints import HEADER, load_checkpoint, save_checkpoint
from xaitool.workflows.classifiers import train_classifier as classifier_module
from xaitool.workflows.classifiers.train_classifier import train_classifier
from xaitool.workflows.gans.train_gan import GanTrainer, train_gan
from xaitool.workflows.runs.training import TrainingResult


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


def status(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "status.json").read_text())
    return found


def interrupt(run: Path, number: int, at_step: int, **options: Any) -> StoppedBySignal:
    with pytest.raises(StoppedBySignal) as stopped:
        train_gan(gan_config(run, **options), Recorder(number, at_step))
    return stopped.value


def interrupt_classifier(run: Path, at_step: int) -> None:
    with pytest.raises(StoppedBySignal):
        train_classifier(classifier_config(run), Recorder(signal.SIGTERM, at_step))


def assert_equal_runs(one: Path, other: Path) -> None:
    assert (one / "last.pt").read_bytes() == (other / "last.pt").read_bytes()
    assert (one / "best.pt").read_bytes() == (other / "best.pt").read_bytes()
    assert metrics(one) == metrics(other)
    assert pictures(one) == pictures(other)


INTERRUPTED: list[tuple[signal.Signals, int, dict[str, Any]]] = [
    (signal.SIGINT, 1, {"xai": "none"}),
    (signal.SIGTERM, 2, {"xai": "shap", "mask_stop": 2, "mask_anneal": True, "mask_every": 2}),
    (signal.SIGUSR1, STEPS_PER_EPOCH, {"xai": "saliency", "ema_decay": 0.9}),
    (signal.SIGTERM, STEPS_PER_EPOCH + 2, {"xai": "random", "background": "class"}),
    (signal.SIGTERM, 2, {"xai": "shap", "objective": "wasserstein-gp", "n_critic": 2}),
    (signal.SIGINT, 4, {"xai": "constant", "fraction": 0.9, "optimiser": "rmsprop"}),
]


def test_the_hint_names_the_code_that_a_file_may_not(tmp_path: Path) -> None:
    factory = "xaitool.core.models.gans.mlp_gan:MLPGenerator((1, 28, 28), latent=8)"
    stopped = interrupt(tmp_path / "run", signal.SIGINT, 1, generator=factory)
    assert stopped.hint == (
        f"continue with xaitool train-gan --resume {tmp_path / 'run'} --generator '{factory}'"
    )


@pytest.mark.parametrize(
    ("number", "at_step", "options"), INTERRUPTED, ids=lambda value: str(value)[:60]
)
def test_an_interrupted_run_ends_as_the_uninterrupted_one(
    number: signal.Signals, at_step: int, options: dict[str, Any], tmp_path: Path
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    steps = train_gan(gan_config(whole, **options), Recorder())
    assert isinstance(steps, TrainingResult)
    stopped = interrupt(parts, number, at_step, **options)
    assert stopped.exit_code == 128 + number
    assert stopped.hint == f"continue with xaitool train-gan --resume {parts}"
    found = status(parts)
    assert (found["state"], found["signal"]) == ("interrupted", number.name)
    assert found["step"] == at_step
    recorder = Recorder()
    result = train_gan(gan_config(None, resume=str(parts), **options), recorder)
    assert isinstance(result, TrainingResult)
    assert result.step == steps.step
    assert f"resuming {parts} after step {at_step}" in recorder.messages
    assert ("train", steps.step, at_step) in recorder.tasks
    assert_equal_runs(whole, parts)
    assert status(parts)["state"] == "completed"


def test_a_classifier_too(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_classifier(classifier_config(whole, architecture="ganmex-cnn"), Recorder())
    resume: dict[str, Any] = {"architecture": "ganmex-cnn"}
    for at_step in (2, 5):
        with pytest.raises(StoppedBySignal):
            train_classifier(classifier_config(parts, **resume), Recorder(signal.SIGTERM, at_step))
        resume |= {"resume": str(parts)}
    train_classifier(classifier_config(parts, **resume), Recorder())
    assert_equal_runs(whole, parts)


def test_same_options_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train_gan(gan_config(tmp_path / name, seed=seed, epochs=1), Recorder())
    assert_equal_runs(tmp_path / "a", tmp_path / "b")
    last = [(tmp_path / name / "last.pt").read_bytes() for name in "ac"]
    assert last[0] != last[1]
    assert pictures(tmp_path / "a") != pictures(tmp_path / "c")


def test_more_epochs_equal_a_longer_run_and_the_run_remembers(tmp_path: Path) -> None:
    longer, run = tmp_path / "longer", tmp_path / "run"
    train_gan(gan_config(longer, epochs=3, fid_samples=0), Recorder())
    train_gan(gan_config(run, epochs=1, fid_samples=0), Recorder())
    again = gan_config(run, epochs=3, fid_samples=0, resume=str(run))
    with pytest.raises(StoppedBySignal):
        train_gan(again, Recorder(signal.SIGTERM, STEPS_PER_EPOCH + 1))
    saved = json.loads((run / "config.json").read_text())
    assert saved["options"]["epochs"] == 3
    train_gan(again, Recorder())
    assert metrics(run) == metrics(longer)
    assert pictures(run) == pictures(longer)
    states = [load_checkpoint(path / "last.pt", kind="gan")["state"] for path in (run, longer)]
    torch.testing.assert_close(*states, rtol=0, atol=0)


@pytest.mark.parametrize(
    "options",
    [
        {"schedule": "constant"},
        {"schedule": "steps", "milestones": (1,)},
        {"schedule": "constant", "loss": "pc", "warm_up": 1},
    ],
    ids=lambda options: options["schedule"] + options.get("loss", ""),
)
def test_a_finished_classifier_trains_on(options: dict[str, Any], tmp_path: Path) -> None:
    longer, run = tmp_path / "longer", tmp_path / "run"
    train_classifier(classifier_config(longer, epochs=3, **options), Recorder())
    train_classifier(classifier_config(run, epochs=2, **options), Recorder())
    for resume in (str(run), "auto"):
        train_classifier(classifier_config(run, epochs=3, **options, resume=resume), Recorder())
        assert_equal_runs(longer, run)
    for resume in (str(run), "auto"):
        with pytest.raises(ConfigError, match=r"--epochs is 2, but run .* has 3 behind it"):
            train_classifier(classifier_config(run, epochs=2, **options, resume=resume))


@pytest.mark.parametrize(
    ("options", "planned_by"),
    [
        ({}, "--schedule cosine"),
        ({"schedule": "constant", "loss": "pc"}, r"--warm-up \(by default half of the epochs\)"),
    ],
    ids=["cosine", "pc"],
)
def test_a_classifier_that_was_planned_for_its_epochs_says_so(
    options: dict[str, Any], planned_by: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    train_classifier(classifier_config(run, **options), Recorder())
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    for epochs, resume in ((4, str(run)), (4, "auto"), (1, str(run))):
        config = classifier_config(run, **options, epochs=epochs, resume=resume)
        with pytest.raises(ConfigError) as refused:
            train_classifier(config, Recorder())
        message = f"--epochs is {epochs}, but {planned_by} planned run .* for 2 epochs from its .*"
        assert re.fullmatch(message, str(refused.value))
        assert str(refused.value.hint).endswith(f"{run}-{epochs}-epochs --epochs {epochs}")
    with pytest.raises(ArtifactError, match="has finished its 2 epochs, but") as finished:
        train_classifier(classifier_config(run, **options, resume=str(run)), Recorder())
    assert re.search(f"{planned_by} planned it for these", str(finished.value.hint))
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_run_of_before_says_its_epochs_elsewhere(tmp_path: Path) -> None:
    run = tmp_path / "run"
    interrupt_classifier(run, 2)
    content = load_checkpoint(run / "last.pt", kind="classifier")
    content["config"]["epochs"] = content.pop("epochs")
    content = {name: content[name] for name in content if name not in HEADER}
    save_checkpoint(run / "last.pt", "classifier", content)
    with pytest.raises(ConfigError, match=r"--schedule cosine planned run .* for 2"):
        train_classifier(classifier_config(run, epochs=3, resume=str(run)), Recorder())
    train_classifier(classifier_config(run, resume=str(run)), Recorder())
    assert status(run)["state"] == "completed"


def test_a_run_that_was_killed_after_its_last_epoch_is_brought_to_its_end(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_classifier(classifier_config(run, epochs=1), Recorder())
    text = (run / "status.json").read_text()
    (run / "status.json").write_text(text.replace("completed", "running"))
    train_classifier(classifier_config(run, epochs=1, resume=str(run)), Recorder())
    assert status(run)["state"] == "completed"


def test_what_cannot_be_resumed_stays_as_it_was(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_gan(gan_config(run, fid_samples=0, epochs=1), Recorder())
    content = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}

    def resume(**options: Any) -> None:
        config = gan_config(run, **{"fid_samples": 0, "resume": str(run), **options})
        train_gan(config, Recorder())

    with pytest.raises(ArtifactError, match="has finished its 1 epochs, but") as finished:
        resume(epochs=1)
    assert finished.value.hint == "--epochs 2 or more trains on"
    with pytest.raises(ConfigError) as refused:
        resume(seed=3, latent=9, xai="shap")
    for difference in ("--seed is 3, but the run has 0", "--latent is 9", "--xai is 'shap'"):
        assert difference in str(refused.value)
    with pytest.raises(ArtifactError, match="is a gan, but a classifier is wanted"):
        train_classifier(classifier_config(run, resume=str(run)), Recorder())
    other = load_checkpoint(run / "last.pt", kind="gan") | {"dataset_digest": "0"}
    save_checkpoint(
        run / "last.pt", "gan", {name: other[name] for name in other if name not in HEADER}
    )
    with pytest.raises(DataError, match=r"the images of run .* have changed"):
        resume()
    (run / "last.pt").write_bytes(content[run / "last.pt"])
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == content


def test_auto_resumes_starts_and_is_content_with_what_is_done(tmp_path: Path) -> None:
    whole, run = tmp_path / "whole", tmp_path / "run"
    train_gan(gan_config(whole), Recorder())
    interrupt(run, signal.SIGTERM, 4, resume="auto")
    assert train_gan(gan_config(run, resume="auto"), Recorder()) is not None
    assert_equal_runs(whole, run)
    before = {name: (run / name).read_bytes() for name in files(run) if name.endswith(".pt")}
    again = train_gan(gan_config(run, resume="auto"), Recorder())
    assert isinstance(again, TrainingResult)
    assert (again.state, again.step) == ("completed", 2 * STEPS_PER_EPOCH)
    assert again.metrics["epoch"] == 2
    assert status(run)["state"] == "completed"
    assert before == {name: (run / name).read_bytes() for name in before}


def test_auto_says_how_options_are_taken_from_the_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    interrupt_classifier(run, 2)
    for resume, named in (("auto", True), (str(run), False)):
        with pytest.raises(ConfigError, match="--seed is 1, but the run has 0") as refused:
            train_classifier(classifier_config(run, seed=1, resume=resume), Recorder())
        assert (f"(--resume {run} does" in str(refused.value.hint)) is named


def test_auto_starts_again_where_a_killed_run_left_no_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "run"
    interrupt(run, signal.SIGTERM, 2)
    (run / "last.pt").rename(run / "best.pt")
    (run / "metrics.jsonl").write_text('{"epoch": 1, "st')
    (run / ".lock").write_text("17 elsewhere")
    (run / "diverged.pt").touch()
    train_gan(gan_config(run, resume="auto"), Recorder())
    assert not (run / "diverged.pt").exists()
    assert status(run)["state"] == "completed"
    (run / "last.pt").unlink()
    with pytest.raises(ConfigError, match="is not empty"):
        train_gan(gan_config(run, resume="auto"), Recorder())


def test_auto_replaces_no_checkpoint_that_was_made_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, prepare = tmp_path / "run", GanTrainer.prepare

    def another_run_ends(trainer: GanTrainer) -> None:
        monkeypatch.setattr(GanTrainer, "prepare", prepare)
        interrupt(run, signal.SIGTERM, 1)
        prepare(trainer)

    monkeypatch.setattr(GanTrainer, "prepare", another_run_ends)
    with pytest.raises(ConfigError, match="is not empty") as refused:
        train_gan(gan_config(run, resume="auto"), Recorder())
    assert f"continue it with xaitool train-gan --resume {run}" in str(refused.value.hint)
    assert load_checkpoint(run / "last.pt", kind="gan")["position"]["step"] == 1


def test_a_kill_between_the_files_of_an_epoch_loses_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of an epoch's writes is the last one, resuming repeats what is missing."""
    whole = tmp_path / "whole"
    train_classifier(classifier_config(whole), Recorder())
    save = save_checkpoint
    for nth in range(1, 5):
        run, left = tmp_path / str(nth), [nth]

        def fail(*arguments: Any, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            save(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr("xaitool.workflows.runs.training.save_checkpoint", fail)
            with pytest.raises(KeyboardInterrupt):
                train_classifier(classifier_config(run), Recorder())
        train_classifier(classifier_config(run, resume="auto"), Recorder())
        assert_equal_runs(whole, run)


def start(run: Path, epochs: int) -> subprocess.Popen[str]:
    """A run that has these epochs behind it and hundreds ahead."""
    command = [sys.executable, "-m", "xaitool", "train-gan", *LINE, "--out", str(run)]
    process = subprocess.Popen(
        [*command, "--epochs", "1000", "--fid-samples", "0", "--resume", "auto"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while len(metrics(run)) < epochs and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.01)
    return process


def test_a_real_signal_and_then_a_real_kill(tmp_path: Path) -> None:
    run, whole = tmp_path / "run", tmp_path / "whole"
    with start(run, 1) as process:
        process.terminate()
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (143, "")
    assert "SIGTERM received; saving after this step" in err
    assert err.splitlines()[-2] == "error: the run was stopped by SIGTERM, but its state is saved"
    assert err.splitlines()[-1] == f"hint: continue with xaitool train-gan --resume {run}"
    assert status(run)["state"] == "interrupted"
    with start(run, len(metrics(run)) + 1) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    assert status(run)["state"] == "running"
    assert (run / ".lock").exists()
    epochs = load_checkpoint(run / "last.pt", kind="gan")["position"]["epoch"] + 1
    for path in (whole, run):
        train_gan(gan_config(path, epochs=epochs, fid_samples=0, resume="auto"), Recorder())
    assert metrics(run) == metrics(whole)
    assert pictures(run) == pictures(whole)
    states = [load_checkpoint(path / "last.pt", kind="gan")["state"] for path in (run, whole)]
    torch.testing.assert_close(*states, rtol=0, atol=0)


def test_divergence_stops_with_the_state_saved(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(DivergenceError, match="loss became NaN or infinite in epoch 1") as error:
        train_classifier(classifier_config(run, learning_rate=1e30), Recorder())
    assert "--learning-rate" in str(error.value.hint)
    assert error.value.exit_code == 1
    assert status(run)["state"] == "diverged"
    assert "loss became NaN" in status(run)["error"]
    assert not (run / "last.pt").exists()
    load_checkpoint(run / "diverged.pt", kind="classifier")


@pytest.mark.parametrize("signal_number", [0, signal.SIGTERM], ids=["epoch", "signal"])
def test_what_was_saved_before_a_divergence_stays(
    signal_number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, calls = tmp_path / "run", [0]

    def spoilt(*arguments: Any) -> dict[str, torch.Tensor]:
        calls[0] += 1
        values = classifier_step(*arguments)
        return values if calls[0] <= 7 else values | {"loss": torch.tensor(math.nan)}

    monkeypatch.setattr(classifier_module, "classifier_step", spoilt)
    config = classifier_config(run)
    with pytest.raises(DivergenceError, match="loss became NaN or infinite in epoch 2"):
        train_classifier(config, Recorder(signal_number, 9))
    assert status(run)["state"] == "diverged"
    assert [entry["epoch"] for entry in metrics(run)] == [1]
    assert load_checkpoint(run / "last.pt", kind="classifier")["position"]["epoch"] == 1
    monkeypatch.setattr(classifier_module, "classifier_step", classifier_step)
    train_classifier(classifier_config(None, resume=str(run)), Recorder())
    train_classifier(classifier_config(tmp_path / "whole"), Recorder())
    assert_equal_runs(tmp_path / "whole", run)


def test_a_step_that_does_not_fit_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(classifier_module, "classifier_step", fail)
    with pytest.raises(XaitoolError, match="a step of 64 images does not fit") as error:
        train_classifier(classifier_config(tmp_path / "run"), Recorder())
    assert (error.value.exit_code, error.value.hint) == (1, "try a smaller --batch-size")
    assert status(tmp_path / "run")["state"] == "failed"


def test_two_trainings_do_not_share_a_directory(tmp_path: Path) -> None:
    class Second(Recorder):
        def count(self, steps: int) -> None:
            with pytest.raises(ConfigError, match="is being written by this process"):
                train_classifier(classifier_config(run, resume="auto"), Recorder())

    run = tmp_path / "run"
    train_classifier(classifier_config(run, epochs=1), Second())
    assert status(run)["state"] == "completed"
