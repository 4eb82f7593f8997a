"""Epochs and seconds of made-up trainings, counted by hand."""

from pathlib import Path

import pytest

from tests.workflows.gan_runs import gan_directory, timed
from xaitool.errors import ArtifactError
from xaitool.workflows.evaluation.gans.histories import (
    Criteria,
    GanHistory,
    convergence_figures,
    read_history,
    worst_best_fid,
)

KID = [9.0, 5.0, *[1.0, 1.5] * 5, 4.0]
FID = [50.0, 30.0, 20.0, 25.0, *[22.0] * 9]


def history(epochs):
    return GanHistory(Path("run"), epochs, {}, None, None, None)


def figures(epochs, threshold=0.5, level=None):
    found = convergence_figures(history(epochs), Criteria(threshold, level))
    return {figure.quantity: figure.value for figure in found}


def test_figures_of_a_training():
    varied = [index / 20 for index in range(13)]
    epochs = timed({"fid": FID, "kid": KID, "coverage": varied}, train=3.0, explain=1.25)
    epochs[0]["train_seconds"] = 10.0
    found = figures(epochs, level=30.0)
    assert found == {
        "convergence-epoch": 3,
        "convergence-seconds": 16.0,
        "convergence-explain-seconds": 3.75,
        "fid-level-epoch": 2,
        "fid-level-seconds": 13.0,
        "epochs": 13,
        "train-seconds": 46.0,
        "explain-seconds": 16.25,
        "seconds-per-epoch": 46 / 13,
        "best-epoch": 3,
        "fid-last": 22.0,
        "fid-best": 20.0,
        "kid-last": 4.0,
        "kid-best": 1.0,
        "coverage-last": 0.6,
        "coverage-best": 0.1,
        "pixel-deviation-last": None,
        "pixel-deviation-best": None,
    }


def test_each_criterion_is_told_with_what_it_decides():
    found = convergence_figures(history(timed({"fid": FID, "kid": KID})), Criteria(0.5, 30.0))
    levels = {figure.quantity: figure.level for figure in found}
    assert levels["convergence-epoch"] == levels["convergence-explain-seconds"] == 0.5
    assert levels["fid-level-epoch"] == levels["fid-level-seconds"] == 30.0
    assert levels["train-seconds"] is None


def test_what_did_not_happen_has_no_value():
    found = figures(timed({"fid": FID, "kid": KID}), threshold=0.4, level=19.0)
    for quantity in ("convergence-epoch", "convergence-seconds", "fid-level-epoch"):
        assert found[quantity] is None
    assert found["train-seconds"] == 39


def test_an_old_run_that_was_not_judged_nor_timed():
    found = figures([{"loss_d": 1.0}, {"loss_d": 1.0}])
    assert found.pop("epochs") == 2
    assert found.pop("best-epoch") == 2
    assert set(found.values()) == {None}


def test_seconds_of_an_epoch_that_was_not_timed_leave_the_sum_unknown():
    epochs = timed({"fid": FID[:4]})
    del epochs[2]["train_seconds"]
    found = figures(epochs, level=30.0)
    assert found["fid-level-seconds"] == 6.0
    assert found["train-seconds"] is None
    assert found["seconds-per-epoch"] is None


def test_the_default_level_is_reached_by_all():
    runs = [history(timed({"fid": values})) for values in ([9.0, 4.0], [8.0, 5.0, 7.0], [6.0, 3.0])]
    assert worst_best_fid([*runs, history([{}])]) == 5.0
    assert worst_best_fid([history([{}])]) is None


def test_a_run_is_read(tmp_path):
    path = gan_directory(tmp_path / "run", [{"fid": 3.0}, {"fid": float("nan")}], xai="shap")
    found = read_history(path)
    assert (found.name, found.features, found.network) == ("run", "abc", "lenet5")
    assert found.images == "images"
    assert found.options["xai"] == "shap"
    assert found.values("fid") == [3.0, None]
    assert found.best_epoch == 1


@pytest.mark.parametrize(
    ("break_run", "message"),
    [
        (lambda run: (run / "metrics.jsonl").unlink(), "has no epoch in metrics.jsonl"),
        (
            lambda run: (run / "metrics.jsonl").write_text("5\n"),
            "line 1 has 5, but a table is wanted",
        ),
        (lambda run: (run / "metrics.jsonl").write_text('{"epoch": "1"}\n'), "line 1 has 'epoch'"),
        (
            lambda run: (run / "metrics.jsonl").write_text('{"fid": [1]}\n'),
            "line 1 has '.*' a table",
        ),
        (lambda run: (run / "config.json").write_text('{"options": 3}'), "has 'options' 3, but"),
        (lambda run: (run / "config.json").unlink(), "config.json cannot be read"),
    ],
)
def test_a_run_that_lacks_something(tmp_path, break_run, message):
    run = gan_directory(tmp_path / "run", [{"fid": 3.0}])
    break_run(run)
    with pytest.raises(ArtifactError, match=message):
        read_history(run)


def test_a_figure_that_is_no_number(tmp_path):
    run = gan_directory(tmp_path / "run", [{"fid": 3.0}])
    (run / "metrics.jsonl").write_text('{"fid": "low"}\n')
    with pytest.raises(ArtifactError, match=r"metrics.jsonl \(fid\) has '\[0\]' \"low\", but"):
        read_history(run).values("fid")


def test_a_checkpoint_is_no_run(tmp_path):
    run = gan_directory(tmp_path / "run", [{"fid": 3.0}])
    with pytest.raises(ArtifactError, match=r"is a checkpoint, but .* a run directory") as caught:
        read_history(run / "best.pt")
    assert str(run) in str(caught.value.hint)
